import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Runner, StepResult } from '../emulator/runner/runner.ts';
import type { Exchange } from './compare.ts';

export interface LiveOptions {
  readonly runner: Runner;
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Where the recording goes. */
  readonly file: string;
  readonly print: (line: string) => void;
  /** How often doctor looks for grants that Azure has not spread yet, a minute apart. */
  readonly patience: number;
}

interface Step {
  readonly title: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** What has to be true of the outputs besides success. */
  readonly holds?: (outputs: Readonly<Record<string, string>>) => boolean;
}

const STEPS: readonly Step[] = [
  { title: 'doctor finds no problem', inputs: { mode: 'doctor' } },
  { title: 'the first run deploys', inputs: {}, holds: ({ changed }) => changed === 'true' },
  { title: 'the second run changes nothing', inputs: {}, holds: ({ changes }) => changes === '[]' },
  {
    title: 'a rotation replaces the client secret',
    inputs: { mode: 'rotate', rotate: 'force' },
    holds: (outputs) => outputs['secret-rotated'] === 'true',
  },
  { title: 'destroy removes what was made', inputs: { mode: 'destroy' }, holds: ({ changed }) => changed === 'true' },
];

/**
 * Runs the built action through its life, and records each exchange.
 * @returns what failed, and the recording
 * @throws Error if the recording holds a value that the action has masked
 */
export async function live(
  options: LiveOptions,
): Promise<{ failed: readonly string[]; exchanges: readonly Exchange[] }> {
  const salt = randomBytes(32).toString('hex');
  const failed: string[] = [];
  const exchanges: Exchange[] = [];
  const masked = new Set<string>();
  for (const step of STEPS) {
    const result = await runStep(step, options, salt);
    for (const value of result.masks) masked.add(value);
    const good = result.exitCode === 0 && (step.holds?.(result.outputs) ?? true);
    const problem = good ? '' : `\n${result.error}`;
    options.print(`${good ? '✓' : '✗'} ${step.title}, ${(result.milliseconds / 1000).toFixed(0)} s${problem}`);
    if (!good) failed.push(step.title);
    exchanges.push(...(await recorded(options.file, step.title)));
  }
  const text = `${JSON.stringify(exchanges, null, 1)}\n`;
  if ([...masked].some((value) => value.length > 5 && text.includes(value)))
    throw new Error('The recording holds a value that the action masks. It was thrown away.');
  await writeFile(options.file, text, { mode: 0o600 });
  return { failed, exchanges };
}

async function runStep(step: Step, { runner, inputs, environment, ...options }: LiveOptions, salt: string) {
  const cluster = inputs['cluster-name'] ?? '';
  const names = {
    [inputs['resource-group'] ?? '']: 'contoso-rg',
    [cluster]: 'contoso-aks',
    [inputs['key-vault-name'] ?? '']: 'contoso-kv',
  };
  const confirmation = step.inputs['mode'] === 'destroy' ? { 'confirm-destroy': cluster } : {};
  const run = (): Promise<StepResult> =>
    runner.step({
      inputs: { ...inputs, ...step.inputs, ...confirmation },
      environment: {
        ...environment,
        LIVE_RECORDING: JSON.stringify({ file: `${options.file}l`, names, salt }),
        NODE_OPTIONS: `${environment['NODE_OPTIONS'] ?? ''} --import=${join(import.meta.dirname, 'record.ts')}`.trim(),
      },
    });
  let result = await run();
  for (
    let tries = 1;
    result.exitCode !== 0 && step.inputs['mode'] === 'doctor' && tries < options.patience;
    tries += 1
  ) {
    await setTimeout(60_000);
    result = await run();
  }
  return result;
}

/** The exchanges of a step, which the action's processes have noted line by line. */
async function recorded(file: string, title: string): Promise<readonly Exchange[]> {
  const lines = (await readFile(`${file}l`, 'utf8').catch(() => '')).split('\n').filter(Boolean);
  await rm(`${file}l`, { force: true });
  return lines.map(
    (line, index): Exchange => ({ name: `${title}: ${index + 1}`, source: 'live run', ...JSON.parse(line) }),
  );
}
