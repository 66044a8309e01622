import type { StepResult } from '../../emulator/runner/runner.ts';
import type { Scenario } from './scenario.ts';

export const doctor = (scenario: Scenario, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run({ mode: 'doctor', ...inputs });

/** The verdict on each check, by its title, from the job summary's table. */
export function verdicts({ summary }: StepResult): Readonly<Record<string, string>> {
  const rows = [
    ...summary.replaceAll('<wbr>', '').matchAll(/^\| \S+ (ok|warning|failed|not checked) \| (.+?) \| .*\|$/gm),
  ];
  return Object.fromEntries(rows.map(([, verdict = '', title = '']) => [title, verdict]));
}

export const others = (result: StepResult, ...verdict: readonly string[]) =>
  Object.entries(verdicts(result))
    .filter(([, found]) => !verdict.includes(found))
    .map(([title, found]) => `${title}: ${found}`);
