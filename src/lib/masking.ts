import { shortened } from './text.ts';

/** The secrets of a run: each is masked in the workflow's log, and kept out of everything this action writes. */
export interface Masks {
  /** To be called before a secret is used for the first time. */
  mask(secret: string): void;
  /** The text without any secret, and without any part of one that is long enough to recognise. */
  redact: Redact;
}

export type Redact = (text: string) => string;

/** Shorter ones would blank out ordinary words. */
const SHORTEST = 8;

/** A part of a secret of this length is hidden like the whole: servers cut what they repeat. */
const PART = 16;

/** Every part contains a piece of this length that begins at a multiple of it. A run on many clusters keeps only these. */
const PIECE = PART / 2;

/** The secrets that contain a piece. */
type Pieces = ReadonlyMap<string, readonly string[]>;

const HIDDEN = '***';

/** @param announce tells the runner to mask a value in every log */
export function createMasks(announce: (value: string) => void): Masks {
  const known = new Set<string>();
  const short = new Set<string>();
  const pieces = new Map<string, readonly string[]>();
  const remember = (form: string) => {
    if (form.length < SHORTEST || known.has(form)) return;
    known.add(form);
    if (form.length < PART) {
      short.add(form);
      return;
    }
    const alone = [form];
    for (const piece of new Set(piecesOf(form))) {
      const others = pieces.get(piece);
      pieces.set(piece, others ? [...others, form] : alone);
    }
  };
  return {
    mask(secret) {
      // The runner masks every line of a value, however short. So lines are announced one by one.
      for (const line of secret.split(/[\r\n]+/).filter((one) => one.length >= SHORTEST && !known.has(one))) {
        announce(line);
        announce(Buffer.from(line).toString('base64'));
        for (const form of formsOf(line)) remember(form);
      }
      for (const form of base64Forms(secret)) remember(form);
    },
    redact: (text) => hide(text, pieces, short),
  };
}

function piecesOf(form: string): readonly string[] {
  return Array.from({ length: Math.floor(form.length / PIECE) }, (_, at) => form.slice(at * PIECE, (at + 1) * PIECE));
}

/** As Kubernetes and others write it. */
function formsOf(secret: string): readonly string[] {
  return [secret, ...base64Forms(secret), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}

/**
 * What base64 makes of the secret inside a longer text, for each of the three alignments, without the ends that depend
 * on the text around it.
 */
function base64Forms(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const whole = bytes.toString('base64');
  const shifted = [1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64');
    return text.slice(4, text.length - 4);
  });
  return [whole, ...shifted];
}

function hide(text: string, pieces: Pieces, short: ReadonlySet<string>): string {
  let result = pieces.size > 0 && text.length >= PART ? withoutParts(text, pieces) : text;
  for (const form of short) result = result.replaceAll(form, HIDDEN);
  return result;
}

function withoutParts(text: string, pieces: Pieces): string {
  let result = '';
  let kept = 0;
  for (const [start, end] of merged(partsIn(text, pieces))) {
    result += text.slice(kept, start) + HIDDEN;
    kept = end;
  }
  return result + text.slice(kept);
}

type Range = readonly [start: number, end: number];

/**
 * Where the text has parts of secrets. Of what is around a piece, only as much is compared as makes a part: a longer part
 * has several pieces. The same is compared once: a text and a secret that repeat themselves would else take minutes.
 */
function partsIn(text: string, pieces: Pieces): Range[] {
  const found: Range[] = [];
  const compared = new Map<string, Range>();
  for (let at = 0; at + PIECE <= text.length; at += 1) {
    const forms = pieces.get(text.slice(at, at + PIECE));
    if (!forms) continue;
    const start = Math.max(0, at - PIECE);
    const around = text.slice(start, at + PART);
    const key = `${at - start} ${around}`;
    const part = compared.get(key) ?? partAround(around, at - start, forms);
    compared.set(key, part);
    if (part[1] > part[0]) found.push([start + part[0], start + part[1]]);
  }
  return found;
}

/** The part of a secret that has the piece at this place; empty if it is too short for one. */
function partAround(text: string, at: number, forms: readonly string[]): Range {
  const piece = text.slice(at, at + PIECE);
  let [start, end] = [at, at];
  for (const form of forms)
    for (let of = form.indexOf(piece); of >= 0; of = form.indexOf(piece, of + 1)) {
      const range = commonRange(text, at, form, of);
      if (range[1] - range[0] < PART) continue;
      start = Math.min(start, range[0]);
      end = Math.max(end, range[1]);
      if (end - start === text.length) return [start, end];
    }
  return [start, end];
}

/** How far text and form are the same around these places, as a range of the text. */
function commonRange(text: string, at: number, form: string, of: number): Range {
  let before = 0;
  while (before < Math.min(at, of) && text[at - before - 1] === form[of - before - 1]) before += 1;
  let after = 0;
  while (at + after < text.length && of + after < form.length && text[at + after] === form[of + after]) after += 1;
  return [at - before, at + after];
}

/** Ranges that touch become one. */
function merged(ranges: Range[]): readonly Range[] {
  const result: Range[] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], end)];
    else result.push([start, end]);
  }
  return result;
}

/** How much of an answer is shown. */
const EXCERPT = 300;

/** In characters. To look through an answer of the largest size takes seconds, in which no other cluster gets any. */
export const LOOKED_THROUGH = 64 * 1024;

/**
 * The start of a text from outside, to show to people: secrets are removed before it is cut, because half of one would
 * not be found.
 */
export const startOf = (text: string, most: number, redact: Redact): string =>
  shortened(redact(text.slice(0, LOOKED_THROUGH)), most);

/** The start of an answer, to show in an error. */
export const excerptOf = (text: string, redact: Redact): string => startOf(text.trim(), EXCERPT, redact);
