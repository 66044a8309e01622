import { UNKNOWN_HELM } from '../../../emulator/helm/downloads.ts';
import { text } from '../../../emulator/lib/json.ts';
import { emptySubscription } from '../../../emulator/worlds/from-nothing.ts';
import { grantRequiredPermissions } from '../../../emulator/worlds/standard.ts';
import { deployed, type Mode, once, podLabel } from './mode.ts';
import type { FuzzWorld, Inputs } from './world.ts';

const CREATION = { 'create-cluster': 'true', 'create-key-vault': 'true', location: 'westeurope' };
const BY_VAULT = { delivery: 'vault', rotate: 'force' };

const WITHOUT_HELM = { PATH: '/usr/bin:/bin', RUNNER_TOOL_CACHE: '' };

const HOST = 'headlamp.contoso.com';
const INGRESS = {
  enabled: true,
  hosts: [{ host: HOST, paths: [{ path: '/', type: 'Prefix' }] }],
  tls: [{ hosts: [HOST] }],
};
const ADDRESS = { url: `https://${HOST}`, values: JSON.stringify({ ingress: INGRESS }) };

/** Two clusters, each on a page of its own in what Azure Resource Graph answers. */
async function selectable(world: FuzzWorld): Promise<boolean> {
  const { emulator, subscriptionId, resourceGroup, deployer, clusterId } = world;
  const tags = { team: 'platform' };
  const { model } = await emulator.arm.addCluster({ subscriptionId, resourceGroup, name: 'aks-second', tags });
  for (const role of emulator.arm.assignments.rolesOf(deployer.principal.id, clusterId))
    emulator.arm.assignments.assign(deployer.principal.id, role, text(model, 'id') ?? '');
  emulator.arm.settings.resourceGraphPage = 1;
  return deployed(world);
}

/** An empty subscription, but for a deleted vault that this action made. */
async function emptied(world: FuzzWorld): Promise<boolean> {
  const { emulator, subscriptionId, resourceGroup, vault } = world;
  const tags = { 'managed-by': 'headlamp-aks-entra' };
  emulator.arm.addVault({ subscriptionId, resourceGroup, name: vault.name, tags });
  emulator.arm.deleteVault(vault.name);
  emptySubscription(world);
  return true;
}

/** The environment of a job on a machine with a managed identity. */
const machines = new WeakMap<FuzzWorld, Inputs>();

async function onMachine(world: FuzzWorld): Promise<boolean> {
  const identity = world.emulator.directory.addManagedIdentity('runner');
  grantRequiredPermissions(world, identity);
  const service = await world.emulator.identityService({ own: identity });
  machines.set(world, service.environment('virtual machine'));
  return deployed(world);
}

/** Runs that get answers which those in the standard world never ask for. */
export const MODES_OF_OTHER_WORLDS: readonly Mode[] = [
  {
    name: 'selector',
    prepare: once(selectable),
    run: (world, turn) =>
      world.run({ mode: 'plan', 'cluster-name': '', 'cluster-selector': 'team=platform', ...podLabel(turn + 1) }),
  },
  {
    name: 'creation',
    prepare: emptied,
    run: (world) => world.run(CREATION),
    needsFreshWorld: true,
    only: / management\.azure\.com/,
  },
  { name: 'vault', prepare: deployed, run: (world) => world.run(BY_VAULT) },
  { name: 'vault rotation', prepare: deployed, run: (world) => world.run({ mode: 'rotate', ...BY_VAULT }) },
  {
    // What people meet where they open Headlamp is read in three ways.
    name: 'address',
    prepare: once(async (world) => (await world.run(ADDRESS)).error === ''),
    run: (world, turn) => {
      const way = [{}, { mode: 'doctor' }, { delivery: 'vault' }][turn % 3];
      return world.run({ ...ADDRESS, ...way });
    },
    only: /headlamp\.contoso\.com/,
  },
  {
    name: 'managed identity',
    prepare: once(onMachine),
    run: (world, turn) =>
      world.run(
        { mode: 'plan', 'auth-type': 'managed-identity', 'client-id': '', ...podLabel(turn + 1) },
        machines.get(world),
      ),
    only: / machine\//,
  },
  {
    name: 'helm download',
    prepare: once(async (world) => {
      // It is packed when it is asked for the first time, which takes seconds.
      await world.emulator.dispatch(new URL(`https://get.helm.sh/helm-v${UNKNOWN_HELM}-linux-amd64.tar.gz`));
      return deployed(world);
    }),
    run: (world, turn) => {
      const version = turn % 2 === 0 ? 'latest' : UNKNOWN_HELM;
      return world.run({ mode: 'plan', 'helm-version': version, ...podLabel(turn + 1) }, WITHOUT_HELM);
    },
    only: /get\.helm\.sh/,
  },
];
