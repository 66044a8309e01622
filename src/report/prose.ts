import { block, code, lines, Markdown, md, sections } from './markdown.ts';

/** A command to paste, alone or at the end of a sentence. */
const COMMAND = /^(?:(.*:) )?((?:az|kubectl|helm) (?:(?!, or |\. [A-Z]|; | (?:shows|lists) ).)+)$/;

/** A command in parentheses, one in the middle of a sentence, or a setting. */
const INLINE =
  /(?<=(?<!\$)\()(?:az|kubectl|helm) [^()|]+(?=\))|(?<=^|: )(?:az|kubectl|helm) (?:(?!, or |\. [A-Z]|\.$|; | shows | lists | \(|\|).)+|`[^`|]+`/g;

/** Why something failed or what to do, as sentences, which wrap; a command to paste, what is indented, and a list stand out. */
export const prose = (text: string): Markdown =>
  Markdown.of(text.trim(), (safe) => sections(...groupsOf(safe.split('\n')).map(groupOf)));

export const howToFix = (fix: string): Markdown => lines([md`**How to fix it:**`, prose(fix)]);

type Kind = 'list' | 'indented' | 'sentence';
const kindOf = (line: string): Kind => (/^\s*- /.test(line) ? 'list' : /^\s{2}/.test(line) ? 'indented' : 'sentence');

/** Lines that belong together. */
function groupsOf(all: readonly string[]): readonly (readonly [Kind, readonly string[]])[] {
  const groups: [Kind, string[]][] = [];
  for (const line of all) {
    const last = groups.at(-1);
    if (last !== undefined && last[0] === kindOf(line)) last[1].push(line);
    else groups.push([kindOf(line), [line]]);
  }
  return groups;
}

function groupOf([kind, group]: readonly [Kind, readonly string[]]): Markdown {
  if (kind === 'indented') return block(group.join('\n'));
  if (kind === 'list') return lines(group.map((line) => md`- ${inline(line.replace(/^\s*- /, ''))}`));
  return sections(...group.map(sentence));
}

function sentence(line: string): Markdown {
  const [, before, command] = COMMAND.exec(line) ?? [];
  if (command === undefined) return inline(line);
  return sections(before === undefined ? undefined : inline(before), block(command));
}

function inline(line: string): Markdown {
  const words = line.split(INLINE);
  const codes = [...line.matchAll(INLINE)].map(([match]) => code(match.replaceAll('`', '')));
  return Markdown.join(
    words.flatMap((text, index) => [md`${text}`, codes[index]]),
    '',
  );
}
