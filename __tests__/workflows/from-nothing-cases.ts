import type { FleetWorld } from '../../emulator/worlds/fleet.ts';
import { type Case, clusterAt, example, success, wroteNothing } from './workflow-case.ts';

const EMPTY_SUBSCRIPTION = '33333333-4444-5555-6666-777777777777';

/** Adds an empty subscription with the roles that docs/from-nothing.md assigns. */
function addEmptySubscription({ emulator, deployer, groups }: FleetWorld): Readonly<Record<string, string>> {
  emulator.arm.addSubscription(EMPTY_SUBSCRIPTION, 'New');
  for (const role of ['Contributor', 'Role Based Access Control Administrator'])
    emulator.arm.assignments.assign(deployer.principal.id, role, `/subscriptions/${EMPTY_SUBSCRIPTION}`);
  return {
    AZURE_SUBSCRIPTION_ID: EMPTY_SUBSCRIPTION,
    KEY_VAULT_NAME: 'kv-contoso-headlamp',
    ADMIN_GROUP_ID: groups.admins.id,
  };
}

const newCluster = (world: FleetWorld) => clusterAt(world, EMPTY_SUBSCRIPTION, 'rg-headlamp', 'aks-headlamp');

export const FROM_NOTHING: readonly Case[] = [
  {
    title: 'examples/from-nothing.yml, in an empty subscription',
    workflow: example('from-nothing'),
    event: 'workflow_dispatch',
    prepare: addEmptySubscription,
    jobs: { create: success },
    check: (run, world) => ({
      'Headlamp runs in a new cluster': newCluster(world)?.list('Pod', 'headlamp').length === 1,
      'its client secret is in a new vault':
        world.emulator.keyVault.secrets('kv-contoso-headlamp').versions('headlamp-aks-headlamp-client-secret')
          .length === 1,
      'the summary says how to open it': Object.values(run.summaries).some((summary) =>
        summary.includes('### Open Headlamp'),
      ),
      'the log has the outputs of the step': /Headlamp 0\.\d+\.\d+ runs/.test(run.log),
    }),
  },
  {
    title: 'examples/from-nothing.yml, again',
    workflow: example('from-nothing'),
    event: 'workflow_dispatch',
    prepare: addEmptySubscription,
    jobs: { create: success },
    check: (_, world) => ({ 'nothing written': wroteNothing(world) }),
  },
];
