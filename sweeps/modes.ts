import { emptySubscription } from '../emulator/worlds/from-nothing.ts';
import type { World } from '../emulator/worlds/standard.ts';
import { addToDeployment } from './foreign.ts';
import type { Inputs, Site } from './site.ts';
import { createSweepWorld, type SweepWorld } from './world.ts';

/** What is disturbed. */
export interface Mode {
  readonly name: string;
  /** A world in which the run to be disturbed can take place. */
  prepare(speed: number): Promise<SweepWorld>;
  /** A converged world can serve for the next turn, too. */
  readonly reusable: boolean;
  /** The run to be disturbed. `turn` counts up, so that there is something to change each time. */
  inputs(turn: number): Inputs;
  /** The run that repairs: as the workflow runs the next time. */
  next(turn: number): Inputs;
  /** The run that has to find nothing to change. */
  last(turn: number): Inputs;
}

const CREATION = { 'create-cluster': 'true', 'create-key-vault': 'true', location: 'westeurope' };
const BY_COMMAND = { 'cluster-access': 'command' };
const labelled = (turn: number) => ({ values: `podLabels: {turn: "${turn}"}` });

export const modes: readonly Mode[] = [
  {
    name: 'deploy',
    prepare: (speed) => createSweepWorld(speed),
    reusable: false,
    inputs: () => ({}),
    next: () => ({}),
    last: () => ({}),
  },
  {
    name: 'rotate',
    prepare: deployed,
    reusable: true,
    inputs: () => ({ mode: 'rotate', rotate: 'force' }),
    next: () => ({ mode: 'rotate' }),
    last: () => ({}),
  },
  {
    // A deployment that rotates and upgrades, over one that is there.
    name: 'redeploy',
    prepare: deployed,
    reusable: true,
    inputs: (turn) => ({ rotate: 'force', ...labelled(turn) }),
    next: labelled,
    last: labelled,
  },
  {
    name: 'creation',
    prepare: (speed) => createSweepWorld(speed, nothingYet),
    reusable: false,
    inputs: () => CREATION,
    next: () => CREATION,
    last: () => CREATION,
  },
  {
    // A first deployment to a cluster whose API server is reached by commands of AKS alone.
    name: 'commands',
    prepare: (speed) => createSweepWorld(speed),
    reusable: false,
    inputs: () => BY_COMMAND,
    next: () => BY_COMMAND,
    last: () => BY_COMMAND,
  },
];

/** A subscription without resource group, cluster and vault; the site's cluster is the one that is made. */
async function nothingYet(world: World): Promise<readonly Site[]> {
  const { emulator, clusterId, cluster: none } = world;
  emptySubscription(world);
  const site = {
    vaultSecret: 'headlamp-aks-demo-client-secret',
    inputs: {},
    get cluster() {
      const record = emulator.arm.clusters.get(clusterId.toLowerCase());
      return record ? emulator.cluster(record.kubernetes.fqdn) : none;
    },
  };
  return [site];
}

async function deployed(speed: number): Promise<SweepWorld> {
  const world = await createSweepWorld(speed);
  const { error } = await world.run({});
  if (error !== '') throw new Error(`The world of the sweep could not be made: ${error}`);
  addToDeployment(world);
  return world;
}
