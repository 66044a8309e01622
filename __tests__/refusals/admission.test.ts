import { describe, expect, it } from 'vitest';
import {
  type AdmissionRule,
  deniedByPolicy,
  deniedByWebhook,
  overQuota,
  unansweredWebhook,
} from '../../emulator/kubernetes/admission.ts';
import { doctor, plainRowOf } from '../scenarios/doctor-verdicts.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';
import { createWithNamespace } from '../scenarios/with-namespace.ts';

const isDryRun = ({ url }: { readonly url: URL }) => url.searchParams.get('dryRun') === 'All';

describe('what the cluster does not let in is told by a deployment before anything is written', () => {
  it('if it is the namespace', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    scenario.cluster.admission.rules.push(deniedByWebhook('Namespace', 'you must provide labels: {"team"}'));
    const result = await scenario.run();
    expectRefusal(result, 'cluster-policy-forbids', 'dry run of Namespace headlamp', 'labels: {"team"}');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  const REFUSALS: readonly [string, AdmissionRule, string, string][] = [
    [
      'Secret headlamp-oidc-entra',
      deniedByWebhook('Secret', 'secrets need an owner'),
      'cluster-policy-forbids',
      'an owner',
    ],
    [
      'Deployment headlamp-oidc',
      deniedByPolicy('Deployment', 'images need a digest'),
      'cluster-policy-forbids',
      'a digest',
    ],
    ['Service headlamp-oidc', overQuota('Service'), 'namespace-quota-exceeded', 'exceeded quota: compute'],
    ['Deployment headlamp-oidc', unansweredWebhook('Deployment'), 'admission-webhook-unreachable', 'check.example.com'],
    [
      'ClusterRoleBinding headlamp-aks-entra:headlamp:headlamp-oidc:view',
      deniedByPolicy('ClusterRoleBinding', 'ask the platform team'),
      'cluster-policy-forbids',
      'ask the platform team',
    ],
  ];
  it.each(REFUSALS)('if it is %s', async (object, rule, id, words) => {
    const scenario = await createWithNamespace(rule);
    const result = await scenario.run({ access: `view: [${scenario.groups.developers.id}]` });
    expectRefusal(result, id, `dry run of ${object}`, words);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('through AKS run-command, too', async () => {
    const scenario = await createWithNamespace(deniedByPolicy('Deployment', 'images need a digest'));
    const result = await scenario.run({ 'cluster-access': 'command' });
    expectRefusal(result, 'cluster-policy-forbids', 'dry run of Deployment headlamp-oidc', 'images need a digest');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(scenario.cluster.list('Secret')).toEqual([]);
  });

  it('if it is an upgrade', async () => {
    const scenario = await createWithNamespace();
    expect((await scenario.run()).error).toBe('');
    scenario.emulator.requests.clear();
    scenario.cluster.admission.rules.push(deniedByPolicy('Deployment', 'images need a digest'));
    const result = await scenario.run({ values: 'podLabels: {a: b}' });
    expectRefusal(result, 'cluster-policy-forbids', 'dry run of Deployment headlamp-oidc');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('but not if a webhook cannot be asked by a dry run', async () => {
    const scenario = await createWithNamespace();
    const message = 'admission webhook "old.example.com" does not support dry run';
    const body = { kind: 'Status', status: 'Failure', message, reason: 'BadRequest', code: 400 };
    scenario.emulator.faults.add({ matches: isDryRun, times: 100, fault: { kind: 'status', status: 400, body } });
    const checked = await doctor(scenario);
    expect(checked.error).toBe('');
    expect(plainRowOf(checked, 'Policies of the cluster')).toMatch(/warning \|.*old\.example\.com/);
    expect((await scenario.run()).error).toBe('');
  });
});

describe('mode doctor tries by a dry run what a deployment writes', () => {
  it('and lists each refusal, with its fix', async () => {
    const scenario = await createWithNamespace(
      deniedByWebhook('Secret', 'secrets need an owner'),
      overQuota('Service'),
      deniedByPolicy('Deployment', 'images need a digest'),
    );
    const result = await doctor(scenario);
    expectRefusal(result, 'doctor-found-problems', 'secrets need an owner', 'exceeded quota', 'images need a digest');
    expect(result.summary).toContain('describe resourcequota');
    expect(result.summary).toContain('namespace-labels');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('and pods as their controller creates them, with a warning', async () => {
    const scenario = await createWithNamespace(deniedByWebhook('Pod', 'containers need a seccomp profile'));
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(plainRowOf(result, 'Policies of the cluster')).toMatch(
      /\| warning \|.*Pod headlamp-oidc-dry-run.*seccomp profile/,
    );
    expect(scenario.cluster.list('Pod')).toEqual([]);
  });

  it('and says what cannot be tried yet', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    const result = await doctor(scenario);
    expect(plainRowOf(result, 'Policies of the cluster')).toMatch(
      /\| ok \|.*namespace headlamp can be tried when it exists/,
    );
  });

  it.each(['direct', 'command'])('with cluster-access %s, and finds nothing wrong where nothing is', async (access) => {
    const scenario = await createWithNamespace();
    const result = await doctor(scenario, { 'cluster-access': access });
    expect(result.error).toBe('');
    expect(plainRowOf(result, 'Policies of the cluster')).toMatch(/\| ok \|.* objects let in by a dry run \|/);
  });
});
