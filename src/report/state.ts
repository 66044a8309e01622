import { md } from './markdown.ts';

/** Icons in the titles and tables of pages, as GitHub's shortcodes. */
export const ICON = {
  done: md`:white_check_mark:`,
  planned: md`:mag:`,
  removed: md`:wastebasket:`,
  warning: md`:warning:`,
  failed: md`:x:`,
  skipped: md`:heavy_minus_sign:`,
} as const;

/** The width of a block of text that GitHub shows without scrolling. */
const WIDTH = 100;

/** A word that is wider, such as a path, goes on in the next line. */
const LONGEST_PIECES = new RegExp(`.{1,${WIDTH}}`, 'gu');

/** Text for a block, in which no line is cut off: words wrap, and a long command goes on in the next line as shells read it. */
export const folded = (text: string): string => text.split('\n').flatMap(foldLine).join('\n');

function foldLine(line: string): readonly string[] {
  if (line.length <= WIDTH) return [line];
  return / --[a-z]/.test(line) ? foldCommand(line) : foldWords(line);
}

/** Breaks before options, where no quote is open. */
function foldCommand(line: string): readonly string[] {
  const rows: string[] = [];
  let row = '';
  for (const part of line.split(/(?= --[a-z])/)) {
    const continues = row !== '' && row.length + part.length > WIDTH - 2 && !isQuoted([...rows, row].join(''));
    if (continues) {
      rows.push(`${row} \\`);
      row = ` ${part}`;
    } else row += part;
  }
  return [...rows, row];
}

const isQuoted = (text: string) => !/^[^'"]*(?:(?:'[^']*'|"[^"]*")[^'"]*)*$/.test(text);

function foldWords(line: string): readonly string[] {
  const indentation = /^\s*/.exec(line)?.[0] ?? '';
  const rows: string[] = [];
  let row = '';
  for (const word of line
    .trim()
    .split(' ')
    .flatMap((long) => long.match(LONGEST_PIECES) ?? [])) {
    if (row !== '' && indentation.length + row.length + word.length >= WIDTH) {
      rows.push(indentation + row);
      row = '';
    }
    row += row === '' ? word : ` ${word}`;
  }
  return [...rows, indentation + row];
}
