import { text } from '../../emulator/lib/json.ts';
import { copyDeployment } from '../../emulator/worlds/deployed-fleet.ts';
import { type FleetWorld, PRODUCTION_SUBSCRIPTION } from '../../emulator/worlds/fleet.ts';
import { addClusters, type MoreCluster } from '../../emulator/worlds/many.ts';
import { type Case, clusterAt, example, page, resultsIn, success, wroteNothing } from './workflow-case.ts';

/** `npm run workflows -- 5000` runs the example for large fleets at the size that it is written for. */
const LARGE = Number(process.argv[2] ?? 500);
const PER_JOB = 250;

const NEW = ['aks-staging', 'aks-production-eu', 'aks-production-us'].map((name) => ({ name }));
const tags = { headlamp: 'enabled' };
const numbered = (count: number, place: Partial<MoreCluster>, name: string): MoreCluster[] =>
  Array.from({ length: count }, (_, n) => ({ name: `${name}-${String(n).padStart(4, '0')}`, tags, ...place }));

/** A hundred clusters to which the action has deployed, one of them with an entry in the list, and three that are left out. */
async function addHundred(world: FleetWorld): Promise<void> {
  const fleet = [...numbered(99, {}, 'aks-weu'), { name: 'aks-hub', tags }];
  copyDeployment(world, await addClusters(world, fleet));
  await addClusters(world, [
    { name: 'aks-lab', tags },
    { name: 'aks-dev', tags: { ...tags, env: 'dev' } },
    { name: 'aks-other' },
  ]);
}

/** With the hundred LARGE ones, in ten more subscriptions. */
async function addMany(world: FleetWorld): Promise<void> {
  const each = (LARGE - 100) / 10;
  for (let n = 0; n < 10; n += 1) {
    const subscriptionId = `4444444${n}-5555-6666-7777-888888888888`;
    const place = { subscriptionId, resourceGroup: `rg-region-${n}` };
    copyDeployment(world, await addClusters(world, numbered(each, place, `aks-r${n}`)));
  }
}

const sentTo = ({ emulator }: FleetWorld, path: RegExp) =>
  emulator.requests.all().filter((request) => path.test(request.path)).length;
/** Clusters whose registration a job asked for. */
const lookedAt = ({ emulator }: FleetWorld) =>
  new Set(
    emulator.requests.all().flatMap(({ path }) => /uniqueName=(?:'|%27)(headlamp-aks-[-\w]+)/.exec(path)?.[1] ?? []),
  ).size;

/** The examples for many clusters, smallest first. */
export const FLEETS: readonly Case[] = [
  {
    title: 'examples/fleet.yml, five clusters, plan',
    workflow: example('fleet'),
    event: 'workflow_dispatch',
    payload: { inputs: { mode: 'plan' } },
    prepare: async (world) => {
      await addClusters(world, NEW);
    },
    jobs: { clusters: success, cluster: [...success, ...success], report: success },
    check: (run, world) => ({
      'two jobs, of which act hands on the outputs of the first':
        page(run).includes('## ❔ Headlamp on 5 clusters: 3 without details, 2 would change') &&
        page(run).includes('3 clusters without a result or details here:'),
      'nothing written': wroteNothing(world),
    }),
  },
  {
    title: 'examples/fleet.yml, five clusters, deploy',
    workflow: example('fleet'),
    event: 'workflow_dispatch',
    payload: { inputs: { mode: 'deploy' } },
    jobs: { clusters: success, cluster: Array.from({ length: 5 }, () => 'success'), report: success },
    check: (run, world) => ({
      'a result from the production subscription': resultsIn(run)
        .map((result) => text(result, 'subscription-id'))
        .includes(PRODUCTION_SUBSCRIPTION),
      'Headlamp runs in production':
        clusterAt(world, PRODUCTION_SUBSCRIPTION, 'rg-production', 'aks-production')?.list('Pod', 'headlamp').length ===
        1,
      'and in the other new ones': NEW.every(
        ({ name }) =>
          clusterAt(world, world.subscriptionId, world.resourceGroup, name)?.list('Pod', 'headlamp').length === 1,
      ),
      'the client secret is in the production vault':
        world.emulator.keyVault.secrets('kv-production').versions('headlamp-aks-production-client-secret').length === 1,
    }),
  },
];

/** They copy what is deployed to aks-demo. */
export const SELECTED: readonly Case[] = [
  {
    title: 'examples/fleet-selector.yml, 100 clusters',
    workflow: example('fleet-selector'),
    event: 'schedule',
    prepare: addHundred,
    jobs: { rotate: success },
    check: (run, world) => ({
      'one step has them all, and leaves out what it should':
        /^## ✅ Headlamp on 100 clusters: nothing to change$/m.test(run.summaries['rotate'] ?? ''),
      'nothing written': wroteNothing(world),
    }),
  },
  {
    title: `examples/fleet-large.yml, ${LARGE} clusters`,
    workflow: example('fleet-large'),
    event: 'schedule',
    prepare: addMany,
    jobs: {
      clusters: success,
      cluster: Array.from({ length: Math.ceil(LARGE / PER_JOB) }, () => 'success'),
      report: success,
    },
    check: (run, world) => ({
      'one page of all; act hands on the outputs of the first job only': page(run).includes(
        `## ❔ Headlamp on ${LARGE} clusters: ${LARGE - PER_JOB} without details\n`,
      ),
      'they were found once': sentTo(world, /ResourceGraph/) === Math.ceil(LARGE / 1_000),
      'each was looked at': lookedAt(world) === LARGE,
      'nothing written': wroteNothing(world),
    }),
  },
];
