import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { list, parseJson, text } from '../../emulator/lib/json.ts';
import { type FleetWorld, PRODUCTION_SUBSCRIPTION } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import { alone, bad, type Case, clusterAt, example, ok, wroteNothing } from './case.ts';
import { FROM_NOTHING } from './from-nothing.ts';

const caller = (name: string) => readFileSync(join(import.meta.dirname, 'callers', `${name}.yml`), 'utf8');

const results = (run: WorkflowRun) => list(parseJson(run.outputs['report.report.results'] ?? ''));
const ended = (run: WorkflowRun) =>
  results(run)
    .map((result) => text(result, 'result'))
    .join();
const page = (run: WorkflowRun) => run.summaries['report'] ?? '';
const called = (calls: readonly string[], start: string) => calls.filter((call) => call.startsWith(start)).length;

/** What the page says of clusters whose outputs act has lost: act.ts. */
const ONE_OF_TWO = (told: string) => `## Headlamp on 2 clusters: 1 without details, ${told}`;
const SEE_ITS_JOB = 'no result, see its job';

const pods = (world: FleetWorld, name: string) =>
  clusterAt(world, world.subscriptionId, world.resourceGroup, name)?.list('Pod', 'headlamp').length;
const vaultVersions = ({ emulator }: FleetWorld, name: string) =>
  emulator.keyVault.secrets('kv-platform').versions(`headlamp-${name}-client-secret`).length;

const pullRequest = { pull_request: { number: 12, head: { repo: { full_name: 'contoso/platform' } } } };
const fork = { pull_request: { number: 13, head: { repo: { full_name: 'somebody/platform' } } } };

/** One after the other in one world: it begins with nothing deployed. */
export const CASES: readonly Case[] = [
  {
    title: 'examples/pull-request.yml, first run',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: pullRequest,
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok, comment: ok },
    check: (run, world, repository) => {
      const calls = repository.githubCalls();
      return {
        'both clusters on the page':
          ended(run) === 'success,success' && page(run).includes(ONE_OF_TWO('1 would change')),
        'nothing written': wroteNothing(world),
        'a comment made': called(calls, 'api --method POST repos/contoso/platform/issues/12/comments') === 1,
      };
    },
  },
  {
    title: 'examples/pull-request.yml, second run',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: pullRequest,
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok, comment: ok },
    check: (_, __, repository) => {
      const calls = repository.githubCalls();
      return {
        'the same comment changed':
          called(calls, 'api --method PATCH repos/contoso/platform/issues/comments/4711') === 1,
        'no other made': called(calls, 'api --method POST') === 0,
      };
    },
  },
  {
    title: 'examples/pull-request.yml from a fork',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: fork,
    jobs: {},
    check: (run) => ({ 'ends well': run.exitCode === 0 }),
  },
  {
    title: 'examples/rotation.yml with nothing deployed',
    workflow: example('rotation'),
    event: 'schedule',
    jobs: { clusters: ok, cluster: [...bad, ...bad], report: ok },
    check: (run, world) => ({
      'the error of both clusters': run.log.split('app-not-found: ').length > 2,
      'the page names the error it knows, and the job of the other':
        page(run).includes('[app-not-found]') && page(run).includes(SEE_ITS_JOB),
      'nothing written': wroteNothing(world),
    }),
  },
  {
    title: 'examples/rotation.yml, its issue after a rotation that failed',
    workflow: alone(example('rotation'), 'issue'),
    event: 'schedule',
    jobs: { issue: ok },
    check: (_, __, repository) => ({
      'an issue opened': called(repository.githubCalls(), 'issue create') === 1,
    }),
  },
  {
    title: 'examples/rotation.yml, its issue the next night',
    workflow: alone(example('rotation'), 'issue'),
    event: 'schedule',
    jobs: { issue: ok },
    check: (_, __, repository) => {
      const calls = repository.githubCalls();
      return {
        'a comment on the open issue': called(calls, 'issue comment 7') === 1,
        'no second issue': called(calls, 'issue create') === 0,
      };
    },
  },
  {
    title: 'deploy.yml, one of three clusters fails',
    workflow: caller('deploy-three'),
    event: 'workflow_dispatch',
    // act gives the failure to the job after it as well.
    jobs: { clusters: ok, cluster: [...ok, ...bad, ...bad], report: ok },
    check: (run, world) => ({
      'the others go on': pods(world, 'aks-test') === 1 && pods(world, 'aks-production') === 2,
      'the error is told': run.log.includes('cluster-not-found: '),
      'the page says what it knows': ended(run) === 'success,unknown,unknown',
      'and no more': page(run).includes(': 2 without a result, 1 changed, 1 with a new client secret'),
    }),
  },
  {
    title: 'deploy.yml, one cluster',
    workflow: caller('deploy-one'),
    event: 'workflow_dispatch',
    jobs: { clusters: ok, cluster: ok, report: ok, after: ok },
    check: (run) => ({
      'the page is whole': page(run).includes('## Headlamp on 1 cluster: nothing to change'),
      'the page reaches the caller': run.log.split('## Headlamp on 1 cluster: nothing to change').length > 1,
      'result and outputs reach the caller': /result=success changed=false secret-expires-on=20\d\d-/.test(run.log),
    }),
  },
  {
    title: 'examples/rotation.yml with nothing due',
    workflow: example('rotation'),
    event: 'schedule',
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok, issue: ok },
    check: (run, world, repository) => ({
      'both are well':
        ended(run) === 'success,success' && page(run).includes('## Headlamp on 2 clusters: 1 without details\n'),
      'nothing written': wroteNothing(world),
      'the issue closed': called(repository.githubCalls(), 'issue close 7') === 1,
    }),
  },
  {
    title: 'rotate.yml, forced',
    workflow: caller('rotate-forced'),
    event: 'workflow_dispatch',
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok, after: ok },
    check: (run, world) => ({
      'a new secret on the one, none on the other':
        vaultVersions(world, 'aks-test') === 2 && vaultVersions(world, 'aks-production') === 1,
      'the page says so': page(run).includes(ONE_OF_TWO('1 changed, 1 with a new client secret')),
      'the caller knows': run.log.includes('changed=true'),
    }),
  },
  {
    title: 'deploy.yml, list that is no JSON',
    workflow: caller('no-json'),
    event: 'workflow_dispatch',
    jobs: { clusters: bad },
    check: (run, world) => ({
      'a clear error':
        run.log.includes('invalid-inputs: The list of clusters is wrong') && run.log.includes('clusters: is not JSON'),
      'nothing asked of Azure': world.emulator.requests.all().length === 0,
    }),
  },
  {
    title: 'deploy.yml, list with mistakes',
    workflow: caller('wrong-list'),
    event: 'workflow_dispatch',
    jobs: { clusters: bad },
    check: (run, world) => ({
      'an unknown input': run.log.includes('clusters[0] (aks-test): chart-versoin is none of access,'),
      'a cluster that is there twice': run.log.includes('clusters[1] (AKS-Test): the same cluster as clusters[0]'),
      'a cluster without a name': run.log.includes('clusters[2] (without a name): cluster-name is required'),
      'nothing asked of Azure': world.emulator.requests.all().length === 0,
    }),
  },
  {
    title: 'examples/fleet.yml, plan',
    workflow: example('fleet'),
    event: 'workflow_dispatch',
    payload: { inputs: { mode: 'plan' } },
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok },
    check: (run, world) => ({
      'both clusters on the page': page(run).includes(ONE_OF_TWO('1 would change')),
      'nothing written': wroteNothing(world),
    }),
  },
  {
    title: 'examples/fleet.yml, deploy',
    workflow: example('fleet'),
    event: 'workflow_dispatch',
    payload: { inputs: { mode: 'deploy' } },
    jobs: { clusters: ok, cluster: [...ok, ...ok], report: ok },
    check: (run, world) => ({
      'both subscriptions': results(run)
        .map((result) => text(result, 'subscription-id'))
        .includes(PRODUCTION_SUBSCRIPTION),
      'Headlamp in production':
        clusterAt(world, PRODUCTION_SUBSCRIPTION, 'rg-production', 'aks-production')?.list('Pod', 'headlamp').length ===
        1,
      'a secret in the vault of production':
        world.emulator.keyVault.secrets('kv-production').versions('headlamp-aks-production-client-secret').length === 1,
    }),
  },
  {
    title: 'examples/deploy.yml',
    workflow: example('deploy'),
    event: 'push',
    jobs: { deploy: ok },
    check: (run, { cluster }) => ({
      'outputs of the step': /Headlamp 0\.\d+\.\d+, its client secret expires on 20\d\d-/.test(run.log),
      'Headlamp runs': cluster.list('Pod', 'headlamp').length === 1,
    }),
  },
  {
    title: 'examples/ingress.yml',
    workflow: example('ingress'),
    event: 'workflow_dispatch',
    jobs: { deploy: ok },
    check: (run, { cluster }) => {
      const ingress = cluster.get('Ingress', 'headlamp', 'headlamp-oidc');
      return {
        'an ingress with the host name': text(ingress, 'spec', 'rules', 0, 'host') === 'headlamp.contoso.com',
        'TLS for it': text(ingress, 'spec', 'tls', 0, 'hosts', 0) === 'headlamp.contoso.com',
        'a redirect URI with https':
          run.outputs['deploy.0.redirect-uri'] === 'https://headlamp.contoso.com/oidc-callback',
      };
    },
  },
  ...FROM_NOTHING,
];
