import { randomUUID } from 'node:crypto';

/** Workflow commands: how a step talks to its runner. https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export interface Commands {
  input(name: string): string;
  output(name: string, value: string): void;
  summary(markdown: string): void;
  error(message: string): void;
}

export function createCommands(
  environment: Readonly<Record<string, string | undefined>>,
  append: (path: string, text: string) => void,
): Commands {
  const file = (variable: string, text: string) => {
    const path = environment[variable];
    if (path) append(path, text);
  };
  return {
    input: (name) => (environment[`INPUT_${name.toUpperCase()}`] ?? '').trim(),
    output(name, value) {
      // The delimiter cannot be guessed, so no value can inject another output.
      const delimiter = randomUUID();
      file('GITHUB_OUTPUT', `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
    },
    summary: (markdown) => file('GITHUB_STEP_SUMMARY', `${markdown}\n`),
    error: (message) => console.log(`::error::${escaped(message)}`),
  };
}

const escaped = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
