import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Runner, StepResult } from '../emulator/runner/runner.ts';
import type { Exchange } from './shapes.ts';

export interface LiveOptions {
  readonly runner: Runner;
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the tenant's, with what stands for each in the recording. */
  readonly names: Readonly<Record<string, string>>;
  /** Where the recording goes. */
  readonly file: string;
  readonly print: (line: string) => void;
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

const RECORD = join(import.meta.dirname, 'record.ts');

/**
 * Runs the built action through its life, and records each exchange.
 * @returns what failed, and the recording
 * @throws Error if the recording holds a value that the action has masked
 */
export async function live(options: LiveOptions): Promise<{ failed: readonly string[]; exchanges: readonly Exchange[] }> {
  const { inputs, environment, names, file, print } = options;
  await rm(file, { force: true });
  const recording = {
    LIVE_RECORDING: file,
    LIVE_NAMES: JSON.stringify(names),
    NODE_OPTIONS: `${environment['NODE_OPTIONS'] ?? ''} --import=${RECORD}`.trim(),
  };
  const failed: string[] = [];
  const masked = new Set<string>();
  for (const step of STEPS) {
    const confirmation = step.inputs['mode'] === 'destroy' ? { 'confirm-destroy': inputs['cluster-name'] ?? '' } : {};
    const result = await options.runner.step({
      inputs: { ...inputs, ...step.inputs, ...confirmation },
      environment: { ...environment, ...recording },
    });
    for (const value of maskedIn(result)) masked.add(value);
    const good = result.exitCode === 0 && (step.holds?.(result.outputs) ?? true);
    print(`${good ? '✓' : '✗'} ${step.title}, ${(result.milliseconds / 1000).toFixed(0)} s${good ? '' : `\n${result.error}`}`);
    if (!good) failed.push(step.title);
  }
  const text = await readFile(file, 'utf8');
  if ([...masked].some((value) => text.includes(value))) {
    await rm(file);
    throw new Error('The recording held a value that the action masks, and was deleted.');
  }
  return { failed, exchanges: text.split('\n').filter(Boolean).map((line): Exchange => JSON.parse(line)) };
}

function maskedIn({ output }: StepResult): readonly string[] {
  return [...output.matchAll(/^::add-mask::(.+)$/gm)].map(([, value = '']) => value);
}
