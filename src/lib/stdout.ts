/**
 * Everything that a step prints. The runner obeys `::command::` at the start of a line and `##[command]` anywhere in it,
 * also after a lone CR, so that text from outside could switch off its masking; Azure DevOps obeys `##vso[command]`.
 * Nothing else may write to stdout.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */
export interface Stdout {
  /** Text as lines of the log, each behind the prefix. */
  print(text: string, prefix?: string): void;
  /** A command that the runner is meant to obey. */
  command(name: CommandName, data: string, properties?: Readonly<Record<string, string>>): void;
}

type CommandName = 'add-mask' | 'debug' | 'notice' | 'warning' | 'error' | 'group' | 'endgroup';

/** What ends a line for the runner, a terminal or an editor. */
const LINE_BREAK = /\r\n|[\n\r\v\f\u0085\u2028\u2029]/;

const toStdout = (bytes: string) => {
  process.stdout.write(bytes);
};

export function createStdout(write: (bytes: string) => void = toStdout): Stdout {
  return {
    print(text, prefix = '') {
      for (const line of linesOf(text)) write(`${inert(`${prefix}${line}`)}\n`);
    },
    command(name, data, properties = {}) {
      const given = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(inert(value))}`);
      const head = [name, ...(given.length === 0 ? [] : [given.join(',')])].join(' ');
      write(`::${head}::${escapeData(name === 'add-mask' ? data : linesOf(data).map(inert).join('\n'))}\n`);
    },
  };
}

/** What people read of a command where no runner obeys it; the others are for a runner only. */
const IN_WORDS: Partial<Record<CommandName, string>> = {
  notice: 'Notice: ',
  warning: 'Warning: ',
  error: 'Error: ',
  group: '',
};

/**
 * Whether GitHub's runner, or what works like it, reads along: it obeys commands, hides what it is told to, keeps state
 * and outputs, and runs the post step. Elsewhere a command would be no more than a printed line, with a secret in it if it
 * were to hide one. In Azure DevOps (TF_BUILD), people may have a file for the outputs; that makes no runner.
 */
export function hasRunner({ GITHUB_ACTIONS, TF_BUILD, ...environment }: NodeJS.ProcessEnv): boolean {
  const { GITHUB_STATE, GITHUB_OUTPUT } = environment;
  return Boolean(GITHUB_ACTIONS) || (!TF_BUILD && Boolean(GITHUB_STATE || GITHUB_OUTPUT));
}

/** Without a runner: no commands, in their place lines for people. */
export function createPlainStdout(isDebug: boolean, write?: (bytes: string) => void): Stdout {
  const { print } = createStdout(write);
  return {
    print,
    command(name, data, { title } = {}) {
      const word = name === 'debug' && isDebug ? 'Debug: ' : IN_WORDS[name];
      if (word !== undefined) print(`${word}${title === undefined ? '' : `${title}: `}${data}`);
    },
  };
}

export const linesOf = (text: string): readonly string[] => text.split(LINE_BREAK);

/** Also those that only change the glyph before them, except where that is an emoji. */
const INVISIBLE = /(?!\t|(?<=\p{Extended_Pictographic})\ufe0f)[\p{C}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** A text without characters that cannot be seen: they hide text from people, and some comparisons skip them. */
export const visible = (text: string): string => text.replaceAll(INVISIBLE, '');

/** A line that no runner obeys, also if a later step prints it. */
export function inert(line: string): string {
  return visible(line)
    .replaceAll(/##(?=\w*\[)/g, '## ')
    .replace(/^(\s*):(?=:)/u, '$1: ');
}

/** The same for each line of a text. */
export const inertText = (text: string): string => linesOf(text).map(inert).join('\n');

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
