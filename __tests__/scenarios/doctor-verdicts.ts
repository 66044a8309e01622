import type { StepResult } from '../../emulator/runner/runner.ts';
import { asRead } from '../../emulator/runner/summary.ts';
import type { Scenario } from './scenario.ts';

export const doctor = (scenario: Scenario, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run({ mode: 'doctor', ...inputs });

/** The verdict on each check, by its title, from the job summary's table. */
export function verdicts({ summary }: StepResult): Readonly<Record<string, string>> {
  const rows = [...asRead(summary).matchAll(/^\| \S+ (ok|warning|failed|not checked) \| (.+?) \| .*\|$/gm)];
  return Object.fromEntries(rows.map(([, verdict = '', title = '']) => [title, verdict]));
}

/** The row of a check in the job summary's table; empty if there is none. */
export const rowOf = ({ summary }: StepResult, title: string) =>
  asRead(summary)
    .split('\n')
    .find((line) => line.startsWith('|') && line.includes(`| ${title} |`)) ?? '';

/** The same without its icon. */
export const plainRowOf = (result: StepResult, title: string) => rowOf(result, title).replace(/^\| \S+ /, '| ');

export const others = (result: StepResult, ...verdict: readonly string[]) =>
  Object.entries(verdicts(result))
    .filter(([, found]) => !verdict.includes(found))
    .map(([title, found]) => `${title}: ${found}`);
