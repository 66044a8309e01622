import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createRunner, type Runner, type StepOptions, type StepResult } from '../emulator/runner/runner.ts';
import { buildStandardWorld, type World } from '../emulator/worlds/standard.ts';
import { watchSignIn } from './accepted-secrets.ts';
import type { Inputs, Installation } from './installation.ts';
import { addResourcesOfOthers } from './set-by-others.ts';

/** A world with resources of other people. The sign-in is checked after each request. */
export interface SweepWorld extends World {
  readonly installations: readonly Installation[];
  /** Runs the built action in emulated time. */
  run(inputs: Inputs, ending?: Ending): Promise<SweepRun>;
  /** The same on a second runner, at the same time. */
  runBeside(inputs: Inputs): Promise<SweepRun>;
  /** Problems of the sign-in since the last call. */
  readonly signInProblems: () => string[];
  /** Files in the runners' temporary folders. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type Ending = Pick<StepOptions, 'kill' | 'cancel'>;

export interface SweepRun extends StepResult {
  /** False if the run exceeded all its timeouts and was killed. */
  readonly ended: boolean;
}

/** Emulated time in which every run has to end: more than the sum of its own timeouts. */
const LONGEST_RUN_MS = 20 * 60_000;

/**
 * @param speed emulated seconds per real second
 * @param installationsOf prepares the clusters for Headlamp; by default the one of the standard world
 */
export async function createSweepWorld(
  speed: number,
  installationsOf: (world: World) => Promise<readonly Installation[]> = standardInstallation,
): Promise<SweepWorld> {
  const world = await buildStandardWorld({ speed });
  const runners = await Promise.all([createRunner(), createRunner()]);
  const [first, second] = runners;
  addResourcesOfOthers(world);
  const installations = await installationsOf(world);
  return {
    ...world,
    installations,
    signInProblems: watchSignIn(world, installations),
    leftovers: async () => (await Promise.all(runners.map(({ temp }) => readdir(temp)))).flat(),
    run: (inputs, ending) => run(world, { runner: first, speed }, inputs, ending),
    runBeside: (inputs) => run(world, { runner: second, speed }, inputs),
    close: async () => {
      await Promise.all([world.emulator.close(), ...runners.map((runner) => runner.remove())]);
    },
  };
}

async function standardInstallation({ cluster }: World): Promise<readonly Installation[]> {
  return [{ cluster, vaultSecret: 'headlamp-aks-demo-client-secret', inputs: {} }];
}

async function run(
  { emulator, inputs: standard }: World,
  { runner, speed }: { readonly runner: Runner; readonly speed: number },
  inputs: Inputs,
  { kill, cancel }: Ending = {},
): Promise<SweepRun> {
  // A runner empties the folder before each job.
  for (const name of await readdir(runner.temp)) await rm(join(runner.temp, name), { recursive: true });
  const overdue = new AbortController();
  const timer = setTimeout(() => overdue.abort(), LONGEST_RUN_MS / speed);
  try {
    const result = await runner.step({
      inputs: { ...standard, 'wait-timeout': '3m', ...inputs },
      environment: { ...emulator.environment(), ...emulator.clock.environment() },
      kill: kill ? AbortSignal.any([kill, overdue.signal]) : overdue.signal,
      ...(cancel && { cancel }),
    });
    return { ...result, ended: !overdue.signal.aborted };
  } finally {
    clearTimeout(timer);
  }
}
