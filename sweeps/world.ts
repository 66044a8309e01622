import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realTools } from '../emulator/helm/tools.ts';
import { createRunner, type Runner, type StepOptions, type StepResult } from '../emulator/runner/runner.ts';
import { buildStandardWorld, type World } from '../emulator/worlds/standard.ts';
import { addNeighbours } from './foreign.ts';
import { type Inputs, type Site, watchSignIn } from './site.ts';

/** A world with other people's things in it, where each request is followed by a look at the sign-in. */
export interface SweepWorld extends World {
  readonly sites: readonly Site[];
  /** Runs the built action in the emulated time, on the first of two runners or beside it on the other one. */
  run(inputs: Inputs, ending?: Ending): Promise<SweepRun>;
  runBeside(inputs: Inputs): Promise<SweepRun>;
  /** What was wrong with the sign-in since the last call. */
  readonly signInProblems: () => string[];
  /** What is in the runners' temporary folders. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export type Ending = Pick<StepOptions, 'kill' | 'cancel'>;

export interface SweepRun extends StepResult {
  /** False for a run that outlasted all its timeouts and was killed. */
  readonly ended: boolean;
}

/** Emulated time in which every run has to end, however bad things are: more than the sum of its own bounds. */
const LONGEST_RUN_MS = 20 * 60_000;

/**
 * @param speed how many emulated seconds pass in a real one
 * @param sitesOf what gets a Headlamp; by default the one cluster of the standard world
 */
export async function createSweepWorld(
  speed: number,
  sitesOf: (world: World) => Promise<readonly Site[]> = standardSite,
): Promise<SweepWorld> {
  const helm = dirname((await realTools()).helm);
  const world = await buildStandardWorld({ speed });
  const runners = await Promise.all([createRunner([helm]), createRunner([helm])]);
  const [first, second] = runners;
  addNeighbours(world);
  const sites = await sitesOf(world);
  return {
    ...world,
    sites,
    signInProblems: watchSignIn(world, sites),
    leftovers: async () => (await Promise.all(runners.map(({ temp }) => readdir(temp)))).flat(),
    run: (inputs, ending) => run(world, first, speed, inputs, ending),
    runBeside: (inputs) => run(world, second, speed, inputs),
    close: async () => {
      await Promise.all([world.emulator.close(), ...runners.map((runner) => runner.remove())]);
    },
  };
}

async function standardSite({ cluster }: World): Promise<readonly Site[]> {
  return [{ cluster, vaultSecret: 'headlamp-aks-demo-client-secret', inputs: {} }];
}

async function run(
  { emulator, inputs: standard }: World,
  runner: Runner,
  speed: number,
  inputs: Inputs,
  { kill, cancel }: Ending = {},
): Promise<SweepRun> {
  // As a runner does before each job.
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
