import type { StepResult } from '../../../emulator/runner/runner.ts';
import { placesOf } from '../evidence.ts';
import { commandProblems } from '../judge/commands.ts';
import { outputProblems } from '../judge/outputs.ts';
import { readingProblems } from '../judge/reading.ts';
import { requestProblems } from '../judge/requests.ts';
import { leaks } from '../judge/secrets.ts';
import { pasteIntoShell } from '../judge/shell.ts';
import { summaryProblems } from '../judge/summary.ts';
import type { FuzzWorld } from './world.ts';

export const KINDS = ['commands obeyed', 'secrets seen', 'other promises'] as const;

/** A promise that a run broke. */
export interface Problem {
  readonly kind: (typeof KINDS)[number];
  readonly text: string;
}

/**
 * Everything that a run did and may never do, whatever it was given.
 * @param given what the user gave for the address of Headlamp
 */
export async function judge(world: FuzzWorld, result: StepResult, given = ''): Promise<readonly Problem[]> {
  const leftovers = await world.leftovers();
  const places = {
    ...placesOf(result),
    "helm's arguments and environment": await world.helmCalls(),
    ...Object.fromEntries(Object.entries(leftovers).map(([path, text]) => [`${path}, which was left`, text])),
  };
  const pasted = /touch PWNED/.test(result.error) ? await pasteIntoShell(result.error) : [];
  return [
    ...(await judgeStep(result, given)),
    ...problems('secrets seen', leaks(world.secrets(), places)),
    ...problems('other promises', [
      ...requestProblems(world.emulator.requests.all()),
      ...Object.keys(leftovers)
        .filter((path) => path.includes('PWNED'))
        .map((path) => `somebody made ${path}`),
      ...pasted.map(() => 'the suggested command runs code'),
      ...(result.exitCode === 137 ? ['the run did not end by itself'] : []),
      ...world.emulator.crashes.map(({ request, error }) => `the emulator failed at ${request}: ${error}`),
    ]),
  ];
}

/** What the runner, later steps and the page of the job get from a step. */
export async function judgeStep(result: StepResult, given = ''): Promise<readonly Problem[]> {
  return [
    ...problems('commands obeyed', commandProblems(result)),
    ...problems('other promises', [
      ...outputProblems(result),
      ...(await summaryProblems(result.summary, given)),
      ...readingProblems(placesOf(result)),
    ]),
  ];
}

const problems = (kind: Problem['kind'], texts: readonly string[]): Problem[] =>
  [...new Set(texts)].map((text) => ({ kind, text }));
