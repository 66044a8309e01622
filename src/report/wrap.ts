/** What GitHub shows of a line in a block without scrolling. */
const WIDTH = 100;

/** A command in lines that are not cut off. A shell reads them as the one line they were. */
export function wrapCommand(command: string): string {
  if (command.length <= WIDTH) return command;
  const rows: string[] = [];
  let row = '';
  for (const option of command.split(/(?= --[a-z])/)) {
    const isFull = row !== '' && row.length + option.length > WIDTH - 2;
    if (isFull && !isQuoted([...rows, row].join(''))) {
      rows.push(`${row} \\`);
      row = ` ${option}`;
    } else row += option;
  }
  return [...rows, row].map(wrapPath).join('\n');
}

/** Within a path. What is quoted stays as it is. */
function wrapPath(row: string): string {
  const end = row.lastIndexOf('/', WIDTH - 2) + 1;
  if (row.length <= WIDTH || end === 0 || /['"]/.test(row)) return row;
  return `${row.slice(0, end)}\\\n${wrapPath(row.slice(end))}`;
}

const isQuoted = (text: string) => !/^[^'"]*(?:(?:'[^']*'|"[^"]*")[^'"]*)*$/.test(text);

/** Pieces of a long word, such as an id in Azure, between which a line may end. */
export const piecesOf = (word: string): readonly string[] =>
  word.length < 30 ? [word] : word.split(/(?<=[/:._=])(?=\w)/);
