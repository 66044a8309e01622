import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { strings, text } from '../../emulator/lib/json.ts';
import type { FleetWorld } from '../../emulator/worlds/fleet.ts';
import type { WorkflowRun } from './act.ts';
import { FLEETS, SELECTED } from './fleet-cases.ts';
import { FROM_NOTHING } from './from-nothing-cases.ts';
import {
  type Case,
  clusterAt,
  example,
  failure,
  page,
  resultsIn,
  success,
  withOnlyJob,
  wroteNothing,
} from './workflow-case.ts';

const caller = (name: string) => readFileSync(join(import.meta.dirname, 'callers', `${name}.yml`), 'utf8');

const clusterResults = (run: WorkflowRun) =>
  resultsIn(run)
    .map((result) => text(result, 'result'))
    .join();
const countCalls = (calls: readonly string[], start: string) => calls.filter((call) => call.startsWith(start)).length;

const podCount = (world: FleetWorld, name: string) =>
  clusterAt(world, world.subscriptionId, world.resourceGroup, name)?.list('Pod', 'headlamp').length;
const secretVersionCount = ({ emulator }: FleetWorld, name: string) =>
  emulator.keyVault.secrets('kv-platform').versions(`headlamp-${name}-client-secret`).length;

const pullRequest = { pull_request: { number: 12, head: { repo: { full_name: 'contoso/platform' } } } };
const fork = { pull_request: { number: 13, head: { repo: { full_name: 'somebody/platform' } } } };

/** All run in this order in one world, in which nothing is deployed at first. */
export const CASES: readonly Case[] = [
  {
    title: 'examples/pull-request.yml, first run',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: pullRequest,
    jobs: { clusters: success, cluster: success, report: success, comment: success },
    check: (run, world, repository) => {
      const calls = repository.githubCalls();
      return {
        'the page has both clusters':
          clusterResults(run) === 'success,success' &&
          page(run).includes('## 🔍 Headlamp on 2 clusters: 2 would change'),
        'nothing written': wroteNothing(world),
        'creates a comment': countCalls(calls, 'api --method POST repos/contoso/platform/issues/12/comments') === 1,
      };
    },
  },
  {
    title: 'examples/pull-request.yml, second run',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: pullRequest,
    jobs: { clusters: success, cluster: success, report: success, comment: success },
    check: (_, __, repository) => {
      const calls = repository.githubCalls();
      return {
        'updates the same comment':
          countCalls(calls, 'api --method PATCH repos/contoso/platform/issues/comments/4711') === 1,
        'creates no other comment': countCalls(calls, 'api --method POST') === 0,
      };
    },
  },
  {
    title: 'examples/pull-request.yml from a fork',
    workflow: example('pull-request'),
    event: 'pull_request',
    payload: fork,
    jobs: {},
    check: (run) => ({ succeeds: run.exitCode === 0 }),
  },
  {
    title: 'examples/rotation.yml with nothing deployed',
    workflow: example('rotation'),
    event: 'schedule',
    // act repeats the failure for the job after it.
    jobs: { clusters: success, cluster: failure, report: success },
    check: (run, world) => ({
      'the log and the page have the error of both clusters':
        run.log.split('app-not-found: ').length > 2 && page(run).split('**[app-not-found](').length === 3,
      'the page has both as failed': clusterResults(run) === 'failure,failure',
      'nothing written': wroteNothing(world),
    }),
  },
  {
    title: 'examples/rotation.yml, its issue after a failed rotation',
    workflow: withOnlyJob(example('rotation'), 'issue'),
    event: 'schedule',
    jobs: { issue: success },
    check: (_, __, repository) => ({
      'opens an issue': countCalls(repository.githubCalls(), 'issue create') === 1,
    }),
  },
  {
    title: 'examples/rotation.yml, its issue the next night',
    workflow: withOnlyJob(example('rotation'), 'issue'),
    event: 'schedule',
    jobs: { issue: success },
    check: (_, __, repository) => {
      const calls = repository.githubCalls();
      return {
        'comments on the open issue': countCalls(calls, 'issue comment 7') === 1,
        'opens no second issue': countCalls(calls, 'issue create') === 0,
      };
    },
  },
  {
    title: 'deploy.yml, one of three clusters fails',
    workflow: caller('deploy-three'),
    event: 'workflow_dispatch',
    // act repeats the failure for the job after it.
    jobs: { clusters: success, cluster: [...success, ...failure, ...failure], report: success },
    check: (run, world) => ({
      'the other clusters are deployed': podCount(world, 'aks-test') === 1 && podCount(world, 'aks-production') === 2,
      'the log has the error': run.log.includes('cluster-not-found: '),
      'the page has the known result': clusterResults(run) === 'success,unknown,unknown',
      'the page has no details of the others': page(run).includes(
        ': 2 without a result, 1 changed, 1 with a new client secret',
      ),
    }),
  },
  {
    title: 'deploy.yml, one cluster',
    workflow: caller('deploy-one'),
    event: 'workflow_dispatch',
    jobs: { clusters: success, cluster: success, report: success, after: success },
    check: (run) => ({
      'the page is complete': page(run).includes('## ✅ Headlamp on 1 cluster: nothing to change'),
      'the page reaches the caller': run.log.split('## ✅ Headlamp on 1 cluster: nothing to change').length > 1,
      'result and outputs reach the caller': /result=success changed=false secret-expires-on=20\d\d-/.test(run.log),
    }),
  },
  {
    title: 'examples/rotation.yml with nothing due',
    workflow: example('rotation'),
    event: 'schedule',
    jobs: { clusters: success, cluster: success, report: success, issue: success },
    check: (run, world, repository) => ({
      'both succeed':
        clusterResults(run) === 'success,success' &&
        page(run).includes('## ✅ Headlamp on 2 clusters: nothing to change\n'),
      'nothing written': wroteNothing(world),
      'closes the issue': countCalls(repository.githubCalls(), 'issue close 7') === 1,
    }),
  },
  {
    title: 'rotate.yml, forced',
    workflow: caller('rotate-forced'),
    event: 'workflow_dispatch',
    jobs: { clusters: success, cluster: success, report: success, after: success },
    check: (run, world) => ({
      'a new client secret for one cluster, none for the other':
        secretVersionCount(world, 'aks-test') === 2 && secretVersionCount(world, 'aks-production') === 1,
      'the page has the rotation': page(run).includes(
        '## ✅ Headlamp on 2 clusters: 1 changed, 1 with a new client secret',
      ),
      'the caller gets the output': run.log.includes('changed=true'),
    }),
  },
  {
    title: 'deploy.yml, a list that is neither JSON nor YAML',
    workflow: caller('invalid-json'),
    event: 'workflow_dispatch',
    jobs: { clusters: failure },
    check: (run, world) => ({
      'a clear error':
        run.log.includes('invalid-inputs: The list of clusters is invalid') &&
        run.log.includes('clusters: is not valid JSON or YAML'),
      'no request to Azure': world.emulator.requests.all().length === 0,
    }),
  },
  {
    title: 'deploy.yml, list with mistakes',
    workflow: caller('invalid-list'),
    event: 'workflow_dispatch',
    jobs: { clusters: failure },
    check: (run, world) => ({
      'an unknown input': run.log.includes(
        'clusters[0] (aks-test): unknown input chart-versoin, expected one of access,',
      ),
      'a cluster listed twice': run.log.includes('clusters[1] (AKS-Test): the same cluster as clusters[0]'),
      'a cluster without a name': run.log.includes('clusters[2] (without a name): cluster-name is required'),
      'no request to Azure': world.emulator.requests.all().length === 0,
    }),
  },
  ...FLEETS,
  {
    title: 'examples/deploy.yml',
    workflow: example('deploy'),
    event: 'push',
    jobs: { deploy: success },
    check: (run, { cluster }) => ({
      'the log has the outputs of the step': /Headlamp 0\.\d+\.\d+, its client secret expires on 20\d\d-/.test(run.log),
      'Headlamp runs': cluster.list('Pod', 'headlamp').length === 1,
    }),
  },
  ...SELECTED,
  {
    title: 'examples/ingress.yml',
    workflow: example('ingress'),
    event: 'workflow_dispatch',
    jobs: { deploy: success },
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
  {
    title: 'examples/gateway.yml',
    workflow: example('gateway'),
    event: 'workflow_dispatch',
    jobs: { deploy: success },
    check: (run, { cluster }) => {
      const hosts = strings(cluster.get('HTTPRoute', 'headlamp', 'headlamp-oidc'), 'spec', 'hostnames');
      return {
        'a route with the host name of the redirect URI': hosts.some(
          (host) => run.outputs['deploy.0.redirect-uri'] === `https://${host}/oidc-callback`,
        ),
      };
    },
  },
  ...FROM_NOTHING,
];
