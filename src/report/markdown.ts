import type { ChangeLine } from '../lib/change.ts';
import { formatDays } from '../lib/duration.ts';

export function sections(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Escapes Markdown and HTML in untrusted text, and keeps it within one table cell. */
export function text(value: string): string {
  return value
    .replace(/[\\`*_[\]<>|#]/g, (character) =>
      character === '<' ? '&lt;' : character === '>' ? '&gt;' : `\\${character}`,
    )
    .replace(/\s*\n\s*/g, '<br>');
}

export function block(value: string, language = 'text'): string {
  const fence = '`'.repeat(Math.max(3, ...[...value.matchAll(/`+/g)].map(([run]) => run.length + 1)));
  return [`${fence}${language}`, value, fence].join('\n');
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function changeTable(changes: readonly ChangeLine[]): string {
  return table(
    ['Change', 'Resource', 'Detail'],
    changes.map(({ resource, action, detail }) => [action, resource, text(detail)]),
  );
}

export const code = (value: string) => `\`${value.replaceAll('`', "'")}\``;
export const link = (title: string, address: string) => `[${text(title)}](${address})`;
/** Just the title where there is no address. */
export const maybeLink = (title: string, address: string | undefined) =>
  address === undefined ? text(title) : link(title, address);
export const day = (date: Date) => date.toISOString().slice(0, 10);

export function daysUntil(date: Date, now: Date): string {
  const days = Math.floor((date.getTime() - now.getTime()) / 86_400_000);
  return days < 0 ? 'in the past' : `in ${formatDays(days)}`;
}
