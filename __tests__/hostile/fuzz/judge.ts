import type { StepResult } from '../../../emulator/runner/runner.ts';
import { placesOf } from '../evidence.ts';
import { commandProblems } from '../judge/commands.ts';
import { outputProblems } from '../judge/outputs.ts';
import { requestProblems } from '../judge/requests.ts';
import { leaks } from '../judge/secrets.ts';
import { pasteIntoShell } from '../judge/shell.ts';
import { summaryProblems } from '../judge/summary.ts';
import type { FuzzWorld } from './world.ts';

/** Everything that a run did and may never do, whatever it was given. */
export async function judge(world: FuzzWorld, result: StepResult): Promise<readonly string[]> {
  const leftovers = await world.leftovers();
  const places = {
    ...placesOf(result),
    "helm's arguments and environment": await world.helmCalls(),
    ...Object.fromEntries(Object.entries(leftovers).map(([path, text]) => [`${path}, which was left`, text])),
  };
  const pasted = /touch PWNED/.test(result.error) ? await pasteIntoShell(result.error) : [];
  const problems = [
    ...commandProblems(result),
    ...outputProblems(result),
    ...(await summaryProblems(result.summary)),
    ...requestProblems(world.emulator.requests.all()),
    ...leaks(world.secrets(), places),
    ...Object.keys(leftovers)
      .filter((path) => path.includes('PWNED'))
      .map((path) => `somebody made ${path}`),
    ...pasted.map(() => 'the suggested command runs code'),
    ...(result.exitCode === 137 ? ['the run did not end by itself'] : []),
    ...world.emulator.crashes.map(({ request, error }) => `the emulator failed at ${request}: ${error}`),
  ];
  return [...new Set(problems)];
}
