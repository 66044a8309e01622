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

const HIDDEN = '***';

/** @param announce tells the runner to mask a value in every log */
export function createMasks(announce: (value: string) => void): Masks {
  const known = new Set<string>();
  const short = new Set<string>();
  const parts = new Set<string>();
  const remember = (form: string) => {
    if (form.length < SHORTEST || known.has(form)) return;
    known.add(form);
    if (form.length < PART) short.add(form);
    for (let at = 0; at + PART <= form.length; at += 1) parts.add(form.slice(at, at + PART));
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
    redact: (text) => hide(text, parts, short),
  };
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

function hide(text: string, parts: ReadonlySet<string>, short: ReadonlySet<string>): string {
  let result = text;
  if (parts.size > 0 && text.length >= PART) result = withoutParts(text, parts);
  for (const form of short) result = result.replaceAll(form, HIDDEN);
  return result;
}

function withoutParts(text: string, parts: ReadonlySet<string>): string {
  let result = '';
  let kept = 0;
  for (let at = 0; at + PART <= text.length; at += 1) {
    if (!parts.has(text.slice(at, at + PART))) continue;
    let end = at + PART;
    while (end < text.length && parts.has(text.slice(end + 1 - PART, end + 1))) end += 1;
    result += text.slice(kept, at) + HIDDEN;
    kept = end;
    at = end - 1;
  }
  return result + text.slice(kept);
}

/** How much of an answer is shown. */
const EXCERPT = 300;

/**
 * The start of an answer, to show in an error: secrets are removed before it is cut, because half of one would not be
 * found.
 */
export function excerptOf(text: string, redact: Redact): string {
  return shortened(redact(text.trim()), EXCERPT);
}
