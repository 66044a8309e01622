import { readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { realTools } from '../emulator/helm/tools.ts';
import { createRunner, type StepOptions, type StepResult } from '../emulator/runner/runner.ts';
import { buildStandardWorld, type World } from '../emulator/worlds/standard.ts';
import { addNeighbours } from './foreign.ts';
import { watchSignIn } from './sign-in.ts';

export type Inputs = Readonly<Record<string, string>>;

/** A world with other people's things in it, where each request is followed by a look at the sign-in. */
export interface SweepWorld extends World {
  /** Runs the built action in the emulated time. A run that outlasts all its timeouts is killed: `ended` is then false. */
  run(inputs: Inputs, ending?: Pick<StepOptions, 'kill' | 'cancel'>): Promise<SweepRun>;
  /** What was wrong with the sign-in since the last call. */
  readonly signInProblems: () => string[];
  /** Files in the runner's temporary folder. */
  leftovers(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface SweepRun extends StepResult {
  readonly ended: boolean;
}

/** Emulated time in which every run has to end, however bad things are: the sum of all its own bounds. */
const LONGEST_RUN_MS = 20 * 60_000;

/** @param speed how many emulated seconds pass in a real one */
export async function createSweepWorld(speed: number): Promise<SweepWorld> {
  const helm = dirname((await realTools()).helm);
  const [world, runner] = await Promise.all([buildStandardWorld({ speed }), createRunner([helm])]);
  addNeighbours(world);
  return {
    ...world,
    signInProblems: watchSignIn(world),
    leftovers: () => readdir(runner.temp),
    run: async (inputs, { kill, cancel } = {}) => {
      // As a runner does before each job.
      for (const name of await readdir(runner.temp)) await rm(join(runner.temp, name), { recursive: true });
      const overdue = new AbortController();
      const timer = setTimeout(() => overdue.abort(), LONGEST_RUN_MS / speed);
      const result = await runner.step({
        inputs: { ...world.inputs, 'wait-timeout': '3m', ...inputs },
        environment: { ...world.box.environment(), ...world.box.clock.environment() },
        kill: kill ? AbortSignal.any([kill, overdue.signal]) : overdue.signal,
        ...(cancel && { cancel }),
      });
      clearTimeout(timer);
      return { ...result, ended: !overdue.signal.aborted };
    },
    close: async () => {
      await Promise.all([world.box.close(), runner.remove()]);
    },
  };
}
