import { trim } from './command-grammar.ts';

/** What a job's log hides. https://github.com/actions/runner/blob/main/src/Sdk/DTLogging/Logging/SecretMasker.cs */
export interface Masks {
  /** Hides a value, each of its lines, and the forms of both. */
  addLines(value: string): void;
  /** Hides one value and its forms. */
  add(value: string): void;
  /** Everything that is hidden, in all forms. */
  all(): readonly string[];
  apply(text: string): string;
}

const SHORTEST_QUOTED = 9;
const SHORTEST_PART = 6;

export function createMasks(): Masks {
  const known = new Set<string>();
  const add = (value: string) => {
    for (const form of formsOf(value)) if (form !== '') known.add(form);
  };
  return {
    add,
    addLines: (value) => {
      add(value);
      for (const line of value.split(/[\r\n]/)) add(trim(line));
    },
    all: () => [...known],
    apply: (text) => replaceRanges(text, mergedRanges([...known].flatMap((mask) => rangesOf(text, mask)))),
  };
}

/** The forms of a value that the runner hides with it. */
export function formsOf(value: string): readonly string[] {
  const bytes = Buffer.from(value);
  return [
    value,
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString('base64')),
    value.replaceAll('"', '\\"'),
    value.replaceAll("'", "''"),
    jsonEscaped(value),
    uriEscaped(value),
    xmlEscaped(value),
    value.length >= SHORTEST_QUOTED && /^"[\s\S]*"$/.test(value) ? value.slice(1, -1) : '',
    ...ampersandParts(value).map((part) => (part.length >= SHORTEST_PART ? part : '')),
  ];
}

/** Json.NET escapes the line ends of Unicode, too. */
function jsonEscaped(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\u0085\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function uriEscaped(value: string): string {
  // A lone surrogate cannot be encoded; .NET takes the replacement character.
  return encodeURIComponent(value.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const XML: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;', '&': '&amp;' };
const xmlEscaped = (value: string) => value.replace(/[<>"'&]/g, (character) => XML[character] ?? character);

/** PowerShell colours an error at an ampersand, so both sides of it are hidden. */
function ampersandParts(value: string): readonly string[] {
  if (!value.includes('&')) return [];
  const plus = value.indexOf('&+');
  const at = plus < 0 ? value.lastIndexOf('&') : plus;
  return plus < 0 ? [value.slice(0, at + 1), value.slice(at + 1)] : [value.slice(0, at + 2), value.slice(at + 3)];
}

type Range = readonly [start: number, end: number];

/** All places of a mask, overlapping ones, too. */
function rangesOf(text: string, mask: string): Range[] {
  const ranges: Range[] = [];
  for (let start = text.indexOf(mask); start >= 0; start = text.indexOf(mask, start + 1))
    ranges.push([start, start + mask.length]);
  return ranges;
}

/** Ranges that overlap or touch are one. */
function mergedRanges(ranges: readonly Range[]): readonly Range[] {
  const merged: [number, number][] = [];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

function replaceRanges(text: string, ranges: readonly Range[]): string {
  let position = 0;
  let masked = '';
  for (const [start, end] of ranges) {
    masked += `${text.slice(position, start)}***`;
    position = end;
  }
  return masked + text.slice(position);
}
