import type { StepResult } from '../../../emulator/runner/runner.ts';
import type { FuzzWorld, Inputs } from './world.ts';

/** A run that hostile answers are given to. */
export interface Mode {
  readonly name: string;
  /** Brings a world to where the run starts; also after the last run has done whatever it did. */
  prepare(world: FuzzWorld): Promise<boolean>;
  /** @param turn the number of the run, so that each has something to change */
  run(world: FuzzWorld, turn: number): Promise<StepResult>;
  /** A fresh world for each run. */
  readonly needsFreshWorld?: boolean;
  /** Only fields with a matching title: the other answers are those of another mode. */
  readonly only?: RegExp;
}

export const podLabel = (turn: number): Inputs => ({ values: `podLabels: {turn: "t${turn}"}` });

/** @returns whether the world is as after a deployment */
export const deployed = async (world: FuzzWorld) => (await world.run(podLabel(0))).error === '';

/** Reading runs leave a world as it is, so it is prepared once. */
export const once = (prepare: (world: FuzzWorld) => Promise<boolean>) => {
  const ready = new WeakSet<FuzzWorld>();
  return async (world: FuzzWorld) => {
    if (ready.has(world)) return true;
    const done = await prepare(world);
    if (done) ready.add(world);
    return done;
  };
};

export const forReading = once(deployed);
