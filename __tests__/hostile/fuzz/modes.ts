import type { FuzzWorld, Inputs } from './world.ts';

/** A run that hostile answers are given to. */
export interface Mode {
  readonly name: string;
  /** Brings a world to where the run starts; also after the last run has done whatever it did. */
  prepare(world: FuzzWorld): Promise<boolean>;
  inputs(turn: number): Inputs;
}

const CONFIRMED = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };
const podLabel = (turn: number) => ({ values: `podLabels: {turn: "t${turn}"}` });

/** @returns whether the world is as after a deployment */
const deployed = async (world: FuzzWorld) => (await world.run(podLabel(0))).error === '';
const nothing = async () => true;

/** Reading runs leave a world as it is, so it is deployed once. */
const once = () => {
  const ready = new WeakSet<FuzzWorld>();
  return async (world: FuzzWorld) => {
    if (ready.has(world)) return true;
    const done = await deployed(world);
    if (done) ready.add(world);
    return done;
  };
};
const forReading = once();

export const MODES: readonly Mode[] = [
  { name: 'plan', prepare: forReading, inputs: (turn) => ({ mode: 'plan', ...podLabel(turn + 1) }) },
  { name: 'doctor', prepare: forReading, inputs: () => ({ mode: 'doctor' }) },
  {
    name: 'commands',
    prepare: forReading,
    inputs: (turn) => ({ mode: 'plan', 'cluster-access': 'command', ...podLabel(turn + 1) }),
  },
  { name: 'rotate', prepare: deployed, inputs: () => ({ mode: 'rotate', rotate: 'force' }) },
  { name: 'deploy', prepare: deployed, inputs: (turn) => ({ rotate: 'force', ...podLabel(turn + 1) }) },
  {
    // The pods do not start, so that their statuses and logs are read.
    name: 'broken pods',
    prepare: deployed,
    inputs: () => ({ values: 'image: {tag: v9.9.9}', 'wait-timeout': '30s' }),
  },
  { name: 'first deployment', prepare: nothing, inputs: () => ({}) },
  { name: 'destroy', prepare: deployed, inputs: () => CONFIRMED },
];

/** A fresh world for each run. */
export const needsFreshWorld = ({ name }: Mode) => name === 'first deployment';
