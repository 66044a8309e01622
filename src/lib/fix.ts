import { visible } from './stdout.ts';

/**
 * What to do about a failure: words, and commands that people paste into a shell. Only the template below makes one, so
 * that no value from outside (a name, a branch, a claim) runs there.
 */
export class Fix {
  readonly #text: string;

  constructor(strings: TemplateStringsArray, values: readonly FixValue[]) {
    this.#text = strings.map((text, index) => text + shown(values[index])).join('');
  }

  toString(): string {
    return this.#text;
  }
}

type FixValue = string | number | URL | Fix;

/** fix`az group show --name ${name}`: each value is one word for a shell, an address to open, or a fix itself. */
export const fix = (strings: TemplateStringsArray, ...values: readonly FixValue[]): Fix => new Fix(strings, values);

/** In characters. No value that belongs into a command is longer; what a server calls a name may be of any length. */
const LONGEST_VALUE = 8_000;

function shown(value: FixValue | undefined): string {
  if (value === undefined) return '';
  if (value instanceof URL) return /^https:\/\/[\w./:?=%~-]+$/.test(value.href) ? value.href : shellWord(value.href);
  return typeof value === 'string' ? shellWord(value.slice(0, LONGEST_VALUE)) : String(value);
}

/** One word for a POSIX shell, whatever it holds; control characters are left out, as no name has any. */
export function shellWord(value: string): string {
  const printable = visible(value).replaceAll('\t', '');
  if (/^[\w./:=@+,-]+$/.test(printable)) return printable;
  // Double quotes are those of PowerShell and cmd, too.
  return /^[\w./:=@+,() -]+$/.test(printable) ? `"${printable}"` : `'${printable.replaceAll("'", `'\\''`)}'`;
}
