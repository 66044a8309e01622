import { describe, expect, it } from 'vitest';
import {
  type AdmissionRule,
  deniedByPolicy,
  deniedByWebhook,
  overQuota,
  unansweredWebhook,
} from '../../emulator/kubernetes/admission.ts';
import { at, object, text } from '../../emulator/lib/json.ts';
import { expectConverged } from '../scenarios/converged.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, deployment, leavePending, releases, type Scenario, withEntra } from '../scenarios/scenario.ts';

const createWith = async (...rules: readonly AdmissionRule[]): Promise<Scenario> => {
  const scenario = await createScenario({ cluster: withEntra() });
  scenario.cluster.admission.rules.push(...rules);
  return scenario;
};

/** As the namespace controller shows a namespace that a finalizer keeps. */
function terminate({ cluster }: Scenario): void {
  const message = 'Some content in the namespace has finalizers remaining: example.com/keep in 1 resource instances';
  cluster.put('Namespace', {
    metadata: { name: 'headlamp', deletionTimestamp: '2026-11-27T00:00:00Z' },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Terminating', conditions: [{ type: 'NamespaceFinalizersRemaining', status: 'True', message }] },
  });
}

describe('a namespace that is being deleted', () => {
  it.each([['direct'], ['command']])('ends a run with cluster-access %s before anything is written', async (access) => {
    const scenario = await createScenario();
    // The identity is let in, so that nothing has to be written for that.
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    terminate(scenario);
    const result = await scenario.run({ 'wait-timeout': '30s', 'cluster-access': access });
    expectRefusal(result, 'namespace-terminating', 'Namespace headlamp', 'example.com/keep', 'finalizer kubernetes');
    expect(result.error).not.toContain('admin group');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is waited for, and created again', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    terminate(scenario);
    setTimeout(() => scenario.cluster.remove('Namespace', '', 'headlamp'), 3_000).unref();
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
  });
});

describe("a refusal of the action's own objects is told in the words of what refused it:", () => {
  const REFUSALS: readonly [string, AdmissionRule, string, readonly string[]][] = [
    [
      'a webhook and the namespace',
      deniedByWebhook('Namespace', 'you must provide labels: {"team"}'),
      'cluster-policy-forbids',
      ['you must provide labels: {"team"}', 'Namespace headlamp', 'namespace-labels'],
    ],
    [
      'a webhook without code and the namespace',
      deniedByWebhook('Namespace', 'no such team', 400),
      'cluster-policy-forbids',
      ['no such team', 'Namespace headlamp'],
    ],
    [
      'a webhook and the Secret',
      deniedByWebhook('Secret', 'secrets need an owner'),
      'cluster-policy-forbids',
      ['secrets need an owner', 'Secret headlamp-oidc-entra'],
    ],
    [
      'a ValidatingAdmissionPolicy and the binding of access',
      deniedByPolicy('ClusterRoleBinding', 'bindings are made by the platform team'),
      'cluster-policy-forbids',
      ['bindings are made by the platform team', 'ClusterRoleBinding headlamp-aks-entra:'],
    ],
    [
      'a quota and the Secret',
      overQuota('Secret'),
      'namespace-quota-exceeded',
      ['exceeded quota: compute', 'describe resourcequota'],
    ],
    [
      'a webhook that does not answer and the Secret',
      unansweredWebhook('Secret'),
      'admission-webhook-unreachable',
      ['check.example.com'],
    ],
  ];
  it.each(REFUSALS)('%s', async (_, rule, id, parts) => {
    const scenario = await createWith(rule);
    const result = await scenario.run({ access: `view: [${scenario.groups.developers.id}]` });
    expectRefusal(result, id, ...parts);
    expect(result.error).not.toContain('admin group');
  });

  it('of a Secret that is written by AKS run-command, the name of the webhook', async () => {
    const scenario = await createWith(deniedByWebhook('Secret', 'secrets need an owner'));
    const result = await scenario.run({ 'cluster-access': 'command' });
    expectRefusal(result, 'cluster-policy-forbids', 'admission webhook "validation.gatekeeper.sh" denied the request');
  });

  it.each([
    [403, 'Forbidden'],
    [400, ''],
    [422, 'Invalid'],
  ])('with %d and words that the action does not know, those words and no guess', async (status, reason) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const body = { kind: 'Status', status: 'Failure', message: 'turnips are out of season', reason, code: status };
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'POST' && url.pathname === '/api/v1/namespaces',
      fault: { kind: 'status', status, body },
    });
    const result = await scenario.run();
    expectRefusal(result, 'request-failed', 'turnips are out of season', 'Namespace headlamp');
    expect(result.error).not.toMatch(/admin group|role assignment/);
  });
});

describe('namespace-labels', () => {
  it.each([['team: platform\ncost: "4711"'], ['team=platform, cost=4711']])(
    '%j are set on the namespace',
    async (labels) => {
      const needs: AdmissionRule = (resource, entry) =>
        resource.kind === 'Namespace' && text(entry, 'metadata', 'labels', 'team') === undefined
          ? deniedByWebhook('Namespace', 'team is missing')(resource, entry)
          : undefined;
      const scenario = await createWith(needs);
      expect((await scenario.run({ 'namespace-labels': labels })).error).toBe('');
      expect(object(scenario.cluster.get('Namespace', '', 'headlamp'), 'metadata', 'labels')).toMatchObject({
        team: 'platform',
        cost: '4711',
        'app.kubernetes.io/managed-by': 'headlamp-aks-entra',
      });
      expect((await scenario.run({ 'namespace-labels': labels })).outputs['changes']).toBe('[]');
    },
  );

  it('are added to a namespace that exists, whose other labels stay', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.cluster.put('Namespace', {
      metadata: { name: 'headlamp', labels: { a: 'b' } },
      status: { phase: 'Active' },
    });
    const result = await scenario.run({ 'namespace-labels': 'team=platform' });
    expect(result.outputs['changes']).toContain('headlamp: label team=platform');
    const labels = object(scenario.cluster.get('Namespace', '', 'headlamp'), 'metadata', 'labels');
    expect(labels).toEqual({ a: 'b', team: 'platform' });
  });
});

describe('pods that may not be created', () => {
  it.each([
    ['a quota', overQuota('Pod'), 'exceeded quota: compute', 'describe resourcequota'],
    ['a policy', deniedByWebhook('Pod', 'images need a digest'), 'images need a digest', 'policy requires'],
  ])('by %s are reported after seconds, with that reason', async (_, rule, words, fix) => {
    const scenario = await createWith(rule);
    const started = performance.now();
    const result = await scenario.run();
    expect(performance.now() - started).toBeLessThan(60_000);
    expectRefusal(result, 'rollout-failed', 'ReplicaFailure', words, fix);
  });
});

describe('a node of another system', () => {
  it('gets no pod by default, as the chart has Linux images', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run({ values: 'resources: {limits: {memory: 1Gi}}' })).error).toBe('');
    const pod = object(deployment(scenario), 'spec', 'template', 'spec');
    expect(pod['nodeSelector']).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(at(pod, 'containers', 0, 'resources')).toEqual({
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '1', memory: '1Gi' },
    });
  });
});

describe('nodes of another architecture than the image', () => {
  it('are named as the reason, with what to set', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.cluster.nodes.fits = () => false;
    const result = await scenario.run();
    expectRefusal(result, 'rollout-failed', 'no match for platform in manifest', 'kubernetes.io/arch: amd64');
    expect(result.error).not.toContain('let the cluster pull the image');
  });
});

describe('a release in each state of Helm', () => {
  it.each([
    'unknown',
    'deployed',
    'uninstalled',
    'superseded',
    'failed',
    'uninstalling',
    'pending-install',
    'pending-upgrade',
    'pending-rollback',
  ])('%s is deployed to', async (status) => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    leavePending(scenario, status);
    expect((await scenario.run({ values: 'podLabels: {a: b}' })).error).toBe('');
    expect(text(releases(scenario)[0]?.secret, 'metadata', 'labels', 'status')).toBe('deployed');
    expectConverged(scenario);
  });
});
