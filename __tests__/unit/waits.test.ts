import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** The rows of the table in CONTRIBUTING.md: how long, and the constant and the file that say so. */
const rows = [
  ...(/### What is waited for\n([\s\S]*?)\n###/.exec(read('CONTRIBUTING.md'))?.[1] ?? '').matchAll(
    /^\| (.+?) \| (.+?) \| `([\w.]+)` in `([\w./-]+)` \|/gm,
  ),
].map(([, what = '', text = '', constant = '', file = '']) => ({ what, text, constant, file }));

/** The numbers of a constant, as the source has them. */
function valuesOf(constant: string, file: string): readonly number[] {
  const name = constant.split('.').at(-1) ?? '';
  const [, value = ''] = new RegExp(`\\b${name}(?: =|:) ([^;]+?)[;\\n]`).exec(read(join('src', file))) ?? [];
  const isSeconds = value.startsWith('seconds(');
  return [...value.replaceAll('_', '').matchAll(/\d+(\.\d+)?/g)].map(([text]) => Number(text) * (isSeconds ? 1000 : 1));
}

const UNITS: Readonly<Record<string, number>> = { min: 60_000, s: 1000, reads: 1 };

/** Such as [120000, 1500] for "120 s, every 1.5 s". */
const stated = (text: string) =>
  [...text.replace('every second', 'every 1 s').matchAll(/(\d+(?:\.\d+)?) (min|s|reads)\b/g)].map(
    ([, amount, unit = '']) => Number(amount) * (UNITS[unit] ?? Number.NaN),
  );

describe('the table of what is waited for', () => {
  it('has a constant for each row', () => {
    const section = /### What is waited for\n([\s\S]*?)\n###/.exec(read('CONTRIBUTING.md'))?.[1] ?? '';
    expect(rows.length).toBe(section.split('\n').filter((line) => line.startsWith('| ')).length - 1);
    expect(rows.length).toBeGreaterThan(5);
  });

  it.each(rows)('has the numbers of the code: $what', ({ text, constant, file }) => {
    expect(stated(text)).not.toEqual([]);
    expect(stated(text)).toEqual(valuesOf(constant, file));
  });

  it('has every constant of lib/waits.ts', () => {
    const names = [...read('src/lib/waits.ts').matchAll(/^(?:export const ([A-Z_]+) = \d| {2}(\w+): seconds)/gm)];
    const constants = names.map(([, own, inWaits]) => own ?? `WAITS.${inWaits}`);
    expect(rows.map(({ constant }) => constant)).toEqual(expect.arrayContaining(constants));
  });
});
