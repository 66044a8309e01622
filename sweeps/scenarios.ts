import { emptySubscription } from '../emulator/worlds/from-nothing.ts';
import type { World } from '../emulator/worlds/standard.ts';
import { afterOverlap, gitOpsWorld, VAULT_INPUTS } from './by-gitops.ts';
import type { Inputs, Installation } from './installation.ts';
import { ACCESS_INPUTS, accessWorld, DESTROY_INPUTS, deployedAccessWorld, sharedAccessWorld } from './removed.ts';
import { changeDeploymentAsOthers } from './set-by-others.ts';
import { BOTH, twoInstallations } from './two-clusters.ts';
import { createSweepWorld, type SweepWorld } from './world.ts';

/** A run that the sweeps disturb, and the runs that follow it. */
export interface Scenario {
  readonly name: string;
  /** Builds a world for the disturbed run. */
  prepare(speed: number): Promise<SweepWorld>;
  /** Whether the next trial can use the world, too, if this one left it converged. */
  readonly reusable: boolean;
  /** Inputs of the disturbed run. `turn` is the trial's number, so that each trial has something to change. */
  inputs(turn: number): Inputs;
  /** Inputs of the next run of the workflow, which has to repair. */
  next(turn: number): Inputs;
  /** What happens between the next run and the last one. */
  meanwhile?(world: SweepWorld): Promise<void>;
  /** Inputs of the run after it, which must change nothing. */
  last(turn: number): Inputs;
}

const CREATE_INPUTS = { 'create-cluster': 'true', 'create-key-vault': 'true', location: 'westeurope' };
const RUN_COMMAND_INPUTS = { 'cluster-access': 'command' };
const removal = {
  reusable: false,
  inputs: () => DESTROY_INPUTS,
  next: () => DESTROY_INPUTS,
  last: () => DESTROY_INPUTS,
};
const podLabel = (turn: number) => ({ values: `podLabels: {turn: "${turn}"}` });

export const scenarios: readonly Scenario[] = [
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
    prepare: deployedWorld,
    reusable: true,
    inputs: () => ({ mode: 'rotate', rotate: 'force' }),
    next: () => ({ mode: 'rotate' }),
    last: () => ({}),
  },
  {
    // Rotates the secret and upgrades the release of an existing deployment.
    name: 'redeploy',
    prepare: deployedWorld,
    reusable: true,
    inputs: (turn) => ({ rotate: 'force', ...podLabel(turn) }),
    next: podLabel,
    last: podLabel,
  },
  {
    name: 'creation',
    prepare: (speed) => createSweepWorld(speed, fromNothing),
    reusable: false,
    inputs: () => CREATE_INPUTS,
    next: () => CREATE_INPUTS,
    last: () => CREATE_INPUTS,
  },
  {
    // A first deployment to a private cluster, by AKS run-command.
    name: 'commands',
    prepare: (speed) => createSweepWorld(speed),
    reusable: false,
    inputs: () => RUN_COMMAND_INPUTS,
    next: () => RUN_COMMAND_INPUTS,
    last: () => RUN_COMMAND_INPUTS,
  },
  {
    // First deployments to two clusters, in one process.
    name: 'both',
    prepare: (speed) => createSweepWorld(speed, twoInstallations),
    reusable: false,
    inputs: () => BOTH,
    next: () => BOTH,
    last: () => ({}),
  },
  {
    // Rotations on two clusters, in one process.
    name: 'both-rotate',
    prepare: deployedToBoth,
    reusable: true,
    inputs: () => ({ ...BOTH, mode: 'rotate', rotate: 'force' }),
    next: () => ({ ...BOTH, mode: 'rotate' }),
    last: () => ({}),
  },
  {
    // A first run that ends at Key Vault.
    name: 'vault',
    prepare: (speed) => createSweepWorld(speed),
    reusable: false,
    inputs: () => VAULT_INPUTS,
    next: () => VAULT_INPUTS,
    meanwhile: (world) => afterOverlap(world, VAULT_INPUTS),
    last: () => VAULT_INPUTS,
  },
  {
    // A rotation beside a Headlamp that others deployed, and restart days later.
    name: 'vault-rotate',
    prepare: gitOpsWorld,
    reusable: true,
    inputs: () => ({ ...VAULT_INPUTS, mode: 'rotate', rotate: 'force' }),
    next: () => ({ ...VAULT_INPUTS, mode: 'rotate' }),
    meanwhile: (world) => afterOverlap(world, { ...VAULT_INPUTS, mode: 'rotate' }),
    last: () => VAULT_INPUTS,
  },
  { name: 'destroy', prepare: deployedAccessWorld, ...removal },
  { name: 'destroy-shared', prepare: sharedAccessWorld, ...removal },
  // A first deployment that nobody wants any more after it was disturbed.
  { name: 'abandoned', prepare: accessWorld, ...removal, inputs: () => ACCESS_INPUTS },
];

/** An empty subscription: no resource group, cluster or vault. The installation's cluster is the one the run creates. */
async function fromNothing(world: World): Promise<readonly Installation[]> {
  const { emulator, clusterId, cluster: absent } = world;
  emptySubscription(world);
  const installation = {
    vaultSecret: 'headlamp-aks-demo-client-secret',
    inputs: {},
    get cluster() {
      const record = emulator.arm.clusters.get(clusterId.toLowerCase());
      return record ? emulator.cluster(record.kubernetes.fqdn) : absent;
    },
  };
  return [installation];
}

async function deployedWorld(speed: number): Promise<SweepWorld> {
  const world = await createSweepWorld(speed);
  const { error } = await world.run({});
  if (error !== '') throw new Error(`The first deployment failed: ${error}`);
  changeDeploymentAsOthers(world);
  return world;
}

async function deployedToBoth(speed: number): Promise<SweepWorld> {
  const world = await createSweepWorld(speed, twoInstallations);
  const { error } = await world.run(BOTH);
  if (error !== '') throw new Error(`The first deployment failed: ${error}`);
  return world;
}
