import type { ChangeLine } from '../lib/change.ts';
import { daysBetween, formatDays } from '../lib/duration.ts';
import type { Redact } from '../lib/masking.ts';
import { linesOf, visible } from '../lib/stdout.ts';
import { piecesOf, wrapCommand } from './wrap.ts';

/**
 * A page in GitHub's Markdown. Only the functions below make one: a string in it is text that shows as it is, so that
 * no name from outside becomes a link, a mention or a tag. Secrets are removed before anything is escaped, because they
 * would not be found afterwards.
 */
export class Markdown {
  readonly render: (redact: Redact) => string;

  private constructor(render: (redact: Redact) => string) {
    this.render = render;
  }

  /** md`**${title}**: ${count} changes`: a string is escaped, Markdown is taken as it is, undefined is left out. */
  static readonly template = (strings: TemplateStringsArray, ...values: readonly Value[]): Markdown =>
    new Markdown((redact) => {
      const shown = values.map((value) => (value instanceof Markdown ? value.render(redact) : escaped(value, redact)));
      return String.raw({ raw: strings }, ...shown);
    });

  /** A page built from a text that may contain a secret, which is removed from the whole text first. */
  static readonly of = (value: string, page: (safe: string) => Markdown): Markdown =>
    new Markdown((redact) => page(redact(value)).render(redact));

  /** A block of commands, which are wrapped; with a language, of its code, which is not. */
  static readonly block = (value: string, language = 'text'): Markdown =>
    new Markdown((redact) => {
      const shown = linesOf(redact(value)).map(visible);
      const lines = (language === 'text' ? shown.map(wrapCommand) : shown).join('\n');
      const longest = [...lines.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
      const fence = '`'.repeat(longest + 1);
      return [`${fence}${language}`, lines, fence].join('\n');
    });

  /** In one line, also of a table. */
  static readonly code = (value: string): Markdown =>
    new Markdown((redact) => {
      const line = linesOf(redact(value)).map(visible).join(' ');
      return `\`${line.replaceAll('`', "'").replaceAll('|', '\\|')}\``;
    });

  static readonly link = (title: string, address: string): Markdown =>
    new Markdown((redact) => `[${escaped(title, redact)}](${destination(address)})`);

  static readonly address = (address: string): Markdown => new Markdown(() => `<${destination(address)}>`);

  static readonly join = (parts: readonly (Markdown | undefined)[], separator: string): Markdown =>
    new Markdown((redact) => parts.flatMap((part) => (part ? [part.render(redact)] : [])).join(separator));
}

type Value = string | number | Markdown | undefined;

export const { template: md, block, code, link, address } = Markdown;

export const sections = (...parts: readonly (Markdown | undefined)[]) => Markdown.join(parts, '\n\n');
export const lines = (parts: readonly (Markdown | undefined)[]) => Markdown.join(parts, '\n');

/** A row of a table. */
export function row(cells: readonly Value[]): Markdown {
  const all = cells.map((cell) => md`${cell}`);
  return md`| ${Markdown.join(all, ' | ')} |`;
}

export function table(head: readonly Value[], rows: readonly (readonly Value[])[]): Markdown {
  return lines([row(head), row(head.map(() => md`---`)), ...rows.map(row)]);
}

export function changeTable(changes: readonly ChangeLine[]): Markdown {
  return table(
    ['Change', 'Resource', 'Detail'],
    changes.map(({ resource, action, detail }) => [action, resource, detail]),
  );
}

/** Just the title if there is no address. */
export const maybeLink = (title: string, page: string | undefined) =>
  page === undefined ? md`${title}` : link(title, page);

export const day = (date: Date) => date.toISOString().slice(0, 10);

export function daysUntil(date: Date, now: Date): string {
  const days = Math.floor(daysBetween(now, date));
  return days < 0 ? 'in the past' : `in ${formatDays(days)}`;
}

/** What means something in Markdown or HTML, at the start of an address, or as a reference to an issue. */
const MEANS_SOMETHING = /[\\`*_[\]<>|&~$#]|:(?=\/\/)|w(?=ww\.)/gi;

/**
 * Escapes by entities, which work in Markdown and in HTML. GitHub looks for mentions and references after decoding
 * them, so a zero-width character breaks those.
 */
function escaped(value: string | number | undefined, redact: Redact): string {
  const shown = linesOf(redact(String(value ?? ''))).map((line) => visible(line).split(' ').map(escapedWord).join(' '));
  // Not by a pattern for breaks with space around: that would take the square of the length of a text of spaces.
  const trimmed = shown.length === 1 ? shown : shown.map((line) => line.trim()).filter((line) => line !== '');
  return trimmed.join('<br>');
}

/** Lets a long word wrap, which would otherwise be cut off in a table. */
const escapedWord = (word: string) =>
  piecesOf(word)
    .map((piece) =>
      piece
        .replaceAll(MEANS_SOMETHING, (character) => `&#${character.charCodeAt(0)};`)
        .replaceAll(/@|&#35;(?=\d)|\bGH-(?=\d)/gi, '$&&#8203;'),
    )
    .join('<wbr>');

/** Of a page on the web, without a character that could end it. */
function destination(address: string): string {
  if (!/^https?:\/\//.test(address)) return '#';
  return address.replaceAll(/[^\w./:?=&%~#@+,-]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}
