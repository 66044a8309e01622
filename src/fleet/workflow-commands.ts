import { randomUUID } from 'node:crypto';
import { inertText, type StepOutput } from '../lib/step-output.ts';

/** Workflow commands: how a step talks to its runner. https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands */
export interface Commands {
  input(name: string): string;
  output(name: string, value: string): void;
  summary(markdown: string): void;
  print(text: string): void;
  error(message: string): void;
}

export function createCommands(
  environment: Readonly<Record<string, string | undefined>>,
  append: (path: string, text: string) => void,
  output: StepOutput,
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
      file('GITHUB_OUTPUT', `${name}<<${delimiter}\n${inertText(value)}\n${delimiter}\n`);
    },
    summary: (markdown) => file('GITHUB_STEP_SUMMARY', `${markdown}\n`),
    print: (text) => output.print(text),
    error: (message) => output.command('error', message),
  };
}
