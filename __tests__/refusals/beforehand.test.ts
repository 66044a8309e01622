import { describe, expect, it } from 'vitest';
import {
  type AdmissionRule,
  deniedByPolicy,
  deniedByWebhook,
  overQuota,
  unansweredWebhook,
} from '../../emulator/kubernetes/admission.ts';
import type { StepResult } from '../../emulator/runner/runner.ts';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const doctor = (scenario: Scenario, inputs: Readonly<Record<string, string>> = {}) =>
  scenario.run({ mode: 'doctor', ...inputs });

/** The row of a check in the job summary, without icon and places where a line may break. */
const row = ({ summary }: StepResult, title: string) =>
  summary
    .replaceAll('<wbr>', '')
    .split('\n')
    .find((line) => line.includes(`| ${title} |`))
    ?.replace(/^\| \S+ /, '| ') ?? '';

const groupOf = ({ subscriptionId, resourceGroup }: Scenario) =>
  `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;

describe('a lock is found beforehand', () => {
  it.each([
    ['the cluster', (scenario: Scenario) => scenario.clusterId],
    ['its resource group', groupOf],
  ])('on %s, if it keeps the action from reading the credential', async (_, where) => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.governance.locks.set(where(scenario), 'ReadOnly');
    const result = await doctor(scenario);
    expectRefusal(result, 'doctor-found-problems', '- resource-locked: ', 'Lock lock-0 with level ReadOnly');
    expect(row(result, 'Resource locks')).toContain(`is on ${where(scenario)}`);
    expect(result.summary).toContain('az lock list');
  });

  it('by a deployment that would create a vault in the locked group, before anything is written', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer, groups } = scenario;
    emulator.arm.changeCluster(scenario.clusterId, withEntra([groups.admins.id]));
    for (const role of ['Key Vault Contributor', 'Role Based Access Control Administrator'])
      emulator.arm.assignments.assign(deployer.principal.id, role, groupOf(scenario));
    // Of the group alone, as one of the cluster's would keep the run from the API server.
    emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/Microsoft.Authorization/locks'),
      times: 100,
      fault: {
        kind: 'status',
        status: 200,
        body: {
          value: [
            {
              id: `${groupOf(scenario)}/providers/Microsoft.Authorization/locks/frozen`,
              name: 'frozen',
              properties: { level: 'ReadOnly' },
            },
          ],
        },
      },
    });
    const result = await scenario.run({ 'key-vault-name': 'kv-new', 'create-key-vault': 'true' });
    expectRefusal(result, 'resource-locked', 'Creating the key vault', 'Lock frozen', groupOf(scenario));
    expect(emulator.requests.writes()).toEqual([]);
  });

  it('if it forbids the deletion of a role that access no longer names', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    const { emulator, deployer, groups, clusterId } = scenario;
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    emulator.arm.assignments.assign(deployer.principal.id, 'Role Based Access Control Administrator', clusterId);
    const role = 'Azure Kubernetes Service RBAC Reader';
    const inputs = { 'enable-azure-rbac': 'true', access: JSON.stringify({ [role]: [groups.developers.id] }) };
    expect((await scenario.run(inputs)).error).toBe('');
    emulator.requests.clear();
    emulator.arm.governance.locks.set(clusterId, 'CanNotDelete');
    const dropped = { ...inputs, access: '{}' };
    expectRefusal(await doctor(scenario, dropped), 'doctor-found-problems', 'level CanNotDelete');
    const result = await scenario.run(dropped);
    expectRefusal(result, 'resource-locked', 'Changing the role assignments', 'removed for the deployment; to find it');
    expect(emulator.requests.writes()).toEqual([]);
  });

  it('on the group of the nodes, if the cluster has to change; one that is in no way is no problem', async () => {
    const scenario = await createScenario();
    const nodes = `/subscriptions/${scenario.subscriptionId}/resourceGroups/MC_rg-platform_aks-demo_westeurope`;
    const { emulator, deployer, clusterId, groups } = scenario;
    emulator.arm.assignments.assign(deployer.principal.id, 'Reader', `/subscriptions/${scenario.subscriptionId}`);
    emulator.arm.governance.locks.set(nodes, 'ReadOnly');
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(row(result, 'Resource locks')).toContain('cannot change the nodes');
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    emulator.arm.governance.locks.set(clusterId, 'CanNotDelete');
    expect(row(await doctor(scenario), 'Resource locks')).toContain(' ok |');
  });
});

describe('the state of the subscription is found beforehand', () => {
  it.each(['Disabled', 'Warned'] as const)('%s, in which nothing can be changed', async (state) => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.governance.subscriptions.set(scenario.subscriptionId, state);
    const checked = await doctor(scenario);
    expectRefusal(checked, 'doctor-found-problems', '- subscription-disabled: ', `Its state is ${state}`);
    const result = await scenario.run();
    expectRefusal(result, 'subscription-disabled', `Its state is ${state}`, 'enabled again');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('PastDue, with a warning', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.governance.subscriptions.set(scenario.subscriptionId, 'PastDue');
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(row(result, 'Subscription')).toContain(' warning |');
    expect(result.warnings.join()).toContain('PastDue');
  });
});

describe('a quota without room for the nodes of a new cluster is found beforehand', () => {
  it('by mode doctor and by a deployment, which writes nothing', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.governance.coresLeft = 3;
    const parts = ['2 x Standard_D2s_v5 take 4 vCPUs', 'in westeurope has 3 of 100 left', 'az vm list-usage'];
    expectRefusal(await doctor(scenario), 'doctor-found-problems', ...parts);
    expectRefusal(await scenario.run(), 'cluster-create-failed', 'standardDSv5Family', ...parts);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('but not guessed for a size whose name does not tell its vCPUs', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.governance.coresLeft = 3;
    const result = await doctor(scenario, { 'node-vm-size': 'Standard_DS2_v2' });
    expect(row(result, 'vCPU quota')).toContain('an unknown number of vCPUs; left in westeurope: cores 3 of 100');
  });
});

describe('a namespace that is being deleted', () => {
  it('is shown by mode doctor with what it waits for', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    scenario.cluster.put('Namespace', {
      metadata: { name: 'headlamp', deletionTimestamp: '2026-11-27T00:00:00Z' },
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Terminating' },
    });
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(row(result, 'Namespace')).toMatch(
      / warning \|.*headlamp is being deleted and waits for finalizer kubernetes/,
    );
    expect(result.summary).toContain('kubectl get namespace headlamp');
  });
});

/** The identity is let in, and somebody has made the namespace. */
async function createWithNamespace(...rules: readonly AdmissionRule[]): Promise<Scenario> {
  const scenario = await createScenario();
  scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
  scenario.cluster.put('Namespace', { metadata: { name: 'headlamp' }, status: { phase: 'Active' } });
  scenario.cluster.admission.rules.push(...rules);
  return scenario;
}

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
    expect(row(checked, 'Policies of the cluster')).toMatch(/warning \|.*old\.example\.com/);
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
    expect(row(result, 'Policies of the cluster')).toMatch(/\| warning \|.*Pod headlamp-oidc-dry-run.*seccomp profile/);
    expect(scenario.cluster.list('Pod')).toEqual([]);
  });

  it('and says what cannot be tried yet', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    const result = await doctor(scenario);
    expect(row(result, 'Policies of the cluster')).toMatch(/\| ok \|.*namespace headlamp can be tried when it exists/);
  });

  it.each(['direct', 'command'])('with cluster-access %s, and finds nothing wrong where nothing is', async (access) => {
    const scenario = await createWithNamespace();
    const result = await doctor(scenario, { 'cluster-access': access });
    expect(result.error).toBe('');
    expect(row(result, 'Policies of the cluster')).toMatch(/\| ok \|.* objects let in by a dry run \|/);
  });
});

describe('mode doctor says by which way each host answers', () => {
  it('by the proxy, all of them', async () => {
    const scenario = await createWithNamespace();
    const result = await doctor(scenario);
    const hosts = ['sign-in', 'Microsoft Graph', 'Azure Resource Manager', 'the key vault', 'the chart'];
    for (const host of hosts)
      expect(row(result, `Way to ${host}`)).toMatch(/\| ok \|.* answers, reached by the proxy /);
    expect(row(result, 'API server')).toContain('reached by the proxy ');
  });

  it('and what is in the way of one that does not, apart from roles and firewall', async () => {
    const scenario = await createWithNamespace();
    scenario.vault.outOfReach = true;
    const result = await doctor(scenario);
    const id = 'host-unreachable';
    expectRefusal(result, 'doctor-found-problems', `- ${id}: `, 'The proxy does not connect to it', 'NO_PROXY');
    expect(row(result, 'Way to the key vault')).toMatch(/\| failed \|/);
    scenario.vault.outOfReach = false;
    scenario.vault.firewallDenies = true;
    const firewall = await doctor(scenario);
    expectRefusal(firewall, 'doctor-found-problems', '- vault-firewall: ');
    expect(row(firewall, 'Way to the key vault')).toMatch(/\| ok \|/);
  });

  it('and not of a vault that a deployment will create', async () => {
    const scenario = await createFromNothing();
    expect(row(await doctor(scenario), 'Way to the key vault')).toContain('there is no vault yet');
  });
});
