/** Files that a step writes for the runner.
 * https://github.com/actions/runner/blob/main/src/Runner.Worker/FileCommandManager.cs */
export interface FileEntries {
  /** Entries before a bad one count; the last one of a name wins. */
  readonly entries: Readonly<Record<string, string>>;
  /** Why the runner fails the step; undefined for a well-formed file. */
  readonly error: string | undefined;
}

export const SUMMARY_LIMIT = 1024 * 1024;

interface Cursor {
  readonly text: string;
  position: number;
}

/** `NAME=VALUE` or `NAME<<DELIMITER`, lines, `DELIMITER`; on Linux a CR is part of the line. */
export function parseEntries(text: string): FileEntries {
  const entries = new Map<string, string>();
  const cursor: Cursor = { text, position: 0 };
  try {
    for (let line = nextLine(cursor); line !== undefined; line = nextLine(cursor)) {
      if (line.text === '') continue;
      const [name, value] = parseEntry(line.text, cursor);
      entries.set(name, value);
    }
    return { entries: Object.fromEntries(entries), error: undefined };
  } catch (error) {
    return { entries: Object.fromEntries(entries), error: error instanceof Error ? error.message : String(error) };
  }
}

function parseEntry(line: string, cursor: Cursor): readonly [name: string, value: string] {
  const equals = line.indexOf('=');
  const heredoc = line.indexOf('<<');
  if (equals < 0 && heredoc < 0) throw new Error(`Invalid format '${line}'`);
  const byEquals = equals >= 0 && (heredoc < 0 || equals < heredoc);
  const at = byEquals ? equals : heredoc;
  const name = line.slice(0, at);
  if (byEquals) return [name, line.slice(at + 1)];
  const delimiter = line.slice(at + 2);
  if (name === '' || delimiter === '')
    throw new Error(`Invalid format '${line}'. Name must not be empty and delimiter must not be empty`);
  return [name, readUntil(delimiter, cursor)];
}

function readUntil(delimiter: string, cursor: Cursor): string {
  const start = cursor.position;
  let end = start;
  for (let line = nextLine(cursor); line !== undefined; line = nextLine(cursor)) {
    if (line.text === delimiter) return cursor.text.slice(start, Math.max(start, end));
    if (!line.ended) throw new Error('Invalid value. EOF marker missing new line.');
    end = cursor.position - 1;
  }
  throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`);
}

function nextLine(cursor: Cursor): { readonly text: string; readonly ended: boolean } | undefined {
  const { text, position } = cursor;
  if (position >= text.length) return undefined;
  const end = text.indexOf('\n', position);
  cursor.position = end < 0 ? text.length : end + 1;
  return { text: text.slice(position, end < 0 ? text.length : end), ended: end >= 0 };
}

/** Directories, later ones first, as they come in PATH. */
export function parsePath(text: string): readonly string[] {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .reverse();
}
