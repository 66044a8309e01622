import { createCommandManager } from '../../../emulator/runner/commands.ts';
import { linesOf } from '../../../emulator/runner/lines.ts';
import type { StepResult } from '../../../emulator/runner/runner.ts';

/** Commands that the action and the fleet program mean to give. */
const MEANT = new Set(['group', 'endgroup', 'add-mask', 'debug', 'warning', 'error', 'notice']);

/** Shorter masks would hide ordinary words; the action sets none. */
const SHORTEST_MASK = 8;

/** As the one error of a run has it. */
const ERROR = /^[a-z0-9-]+: /;

/** A culture-sensitive search, which .NET does for a text without a mode, does not see these characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is one of them
const IGNORABLE = /[\u0000\p{Default_Ignorable_Code_Point}]/gu;

/** Which commands the runner obeyed that the action did not mean, and what they did. */
export function commandProblems(result: StepResult): string[] {
  const { commands, failures, exported, masks } = result;
  const errors = commands.filter(({ name }) => name === 'error');
  const isOfMany = errors.at(-1)?.data.startsWith('clusters-failed: ') ?? false;
  return [
    ...commands.flatMap(({ name, line, data, properties }) => {
      const shown = JSON.stringify(line.slice(0, 200));
      if (!MEANT.has(name)) return [`the runner obeyed ${name} in ${shown}`];
      if (!line.startsWith('::')) return [`the runner obeyed a command within ${shown}`];
      if (name === 'add-mask' && !isSecret(data)) return [`the runner masks ${shown}`];
      if (name === 'error' && !ERROR.test(data)) return [`an error that is not the action's: ${shown}`];
      return name === 'warning' && !properties.has('title') && !data.includes('could not be removed')
        ? [`a warning that is not the action's: ${shown}`]
        : [];
    }),
    ...(errors.length > 1 && !isOfMany ? [`${errors.length} errors instead of one`] : []),
    ...failures.map((reason) => `the runner fails the step: ${reason.slice(0, 200)}`),
    ...Object.keys(exported.environment).map((name) => `the environment of later steps gets ${name}`),
    ...exported.path.map((folder) => `the PATH of later steps gets ${folder}`),
    ...masks
      .filter((mask) => mask.length < SHORTEST_MASK - 2)
      .map((mask) => `the mask ${JSON.stringify(mask)} is short`),
    ...hiddenCommands(result),
  ];
}

/** A secret is long. One that a hostile service made up may be any text, but not the one that goes on after its own command. */
const isSecret = (data: string) => data.length >= SHORTEST_MASK && !/^a[ (]/.test(data);

/** Commands that show if a runner skips invisible characters. */
function hiddenCommands({ output, commands }: StepResult): string[] {
  const manager = createCommandManager({ debug: true });
  for (const line of linesOf(output)) manager.take(line.replace(IGNORABLE, ''));
  const hidden = manager.endStep().obeyed.length - commands.length;
  return hidden > 0 ? [`${hidden} commands are hidden by invisible characters alone`] : [];
}

/** Standard output and standard error without the lines that tell the runner what to mask. */
export function shownOutput({ output, commands }: StepResult): string {
  const masking = new Set(commands.filter(({ name }) => name === 'add-mask').map(({ line }) => line));
  return linesOf(output)
    .filter((line) => !masking.has(line))
    .join('\n');
}
