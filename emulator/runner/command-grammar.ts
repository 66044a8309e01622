/**
 * The two grammars of workflow commands, as the runner's ActionCommand.cs has them.
 * https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
export interface WorkflowCommand {
  /** In lower case: names are compared without regard to case. */
  readonly name: string;
  /** Keys in lower case, blanks around them kept. */
  readonly properties: ReadonlyMap<string, string>;
  readonly data: string;
}

/** Names that the runner registers, whatever runs. */
export const REGISTERED: ReadonlySet<string> = new Set([
  ...['stop-commands', 'set-env', 'set-output', 'save-state', 'add-path', 'add-mask', 'add-matcher', 'remove-matcher'],
  ...['warning', 'error', 'notice', 'debug', 'group', 'endgroup', 'echo'],
]);

/** Char.IsWhiteSpace of .NET: with U+0085, and without the byte order mark that JavaScript trims. */
const WHITE_SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+';
const LEADING = new RegExp(`^${WHITE_SPACE}`);
const TRAILING = new RegExp(`${WHITE_SPACE}$`);

const trimStart = (text: string) => text.replace(LEADING, '');
export const trim = (text: string) => trimStart(text).replace(TRAILING, '');

/** Replaced in this order, each in the whole text, so that %250A stays %0A. Upper case only. */
const ESCAPES = {
  data: [
    ['%0D', '\r'],
    ['%0A', '\n'],
    ['%25', '%'],
  ],
  property: [
    ['%0D', '\r'],
    ['%0A', '\n'],
    ['%3A', ':'],
    ['%2C', ','],
    ['%25', '%'],
  ],
  bracket: [
    ['%3B', ';'],
    ['%0D', '\r'],
    ['%0A', '\n'],
    ['%5D', ']'],
    ['%25', '%'],
  ],
} as const;

/** @param registered names in lower case; a line with another name is no command */
export function parseCommand(line: string, registered: ReadonlySet<string> = REGISTERED): WorkflowCommand | undefined {
  return parseColons(line, registered) ?? parseBrackets(line, registered);
}

/** `::name key=value,key=value::data`, after white space alone. */
function parseColons(line: string, registered: ReadonlySet<string>): WorkflowCommand | undefined {
  const text = trimStart(line);
  if (!text.startsWith('::')) return undefined;
  const end = text.indexOf('::', 2);
  if (end < 0) return undefined;
  const { name, rest } = splitHead(text.slice(2, end));
  if (!registered.has(name)) return undefined;
  return {
    name,
    properties: propertiesOf(trim(rest), ',', 'property'),
    data: unescapeText(text.slice(end + 2), 'data'),
  };
}

/** `##[name key=value;key=value]data` anywhere in the line; only the first `##[` counts. */
function parseBrackets(line: string, registered: ReadonlySet<string>): WorkflowCommand | undefined {
  const start = line.indexOf('##[');
  const end = start < 0 ? -1 : line.indexOf(']', start);
  if (end < 0) return undefined;
  const { name, rest } = splitHead(line.slice(start + 3, end));
  if (!registered.has(name)) return undefined;
  return { name, properties: propertiesOf(rest, ';', 'bracket'), data: unescapeText(line.slice(end + 1), 'bracket') };
}

function splitHead(head: string): { readonly name: string; readonly rest: string } {
  const space = head.indexOf(' ');
  const name = space < 0 ? head : head.slice(0, space);
  return { name: name.toLowerCase(), rest: space < 0 ? '' : head.slice(space + 1) };
}

/** A part without `=`, or without a key or a value, is dropped. */
function propertiesOf(text: string, separator: string, kind: keyof typeof ESCAPES): ReadonlyMap<string, string> {
  const properties = new Map<string, string>();
  for (const part of text.split(separator)) {
    const equals = part.indexOf('=');
    if (equals > 0 && equals < part.length - 1)
      properties.set(part.slice(0, equals).toLowerCase(), unescapeText(part.slice(equals + 1), kind));
  }
  return properties;
}

function unescapeText(text: string, kind: keyof typeof ESCAPES): string {
  return ESCAPES[kind].reduce((unescaped, [sequence, character]) => unescaped.replaceAll(sequence, character), text);
}
