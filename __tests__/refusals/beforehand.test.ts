import { describe, expect, it } from 'vitest';
import { doctor, plainRowOf } from '../scenarios/doctor-verdicts.ts';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

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
    expect(plainRowOf(result, 'Resource locks')).toContain(`is on ${where(scenario)}`);
    expect(result.summary).toContain('az lock list');
  });

  it('on the subscription, if the identity may read it there; otherwise mode doctor says that it may not', async () => {
    const scenario = await createScenario();
    const subscription = `/subscriptions/${scenario.subscriptionId}`;
    const { emulator, deployer } = scenario;
    emulator.arm.governance.locks.set(subscription, 'ReadOnly');
    const unread = `the identity may not read those set on ${subscription}`;
    expect(plainRowOf(await doctor(scenario), 'Resource locks')).toContain(unread);
    emulator.arm.assignments.assign(deployer.principal.id, 'Reader', subscription);
    const result = await doctor(scenario);
    expectRefusal(result, 'doctor-found-problems', '- resource-locked: ', 'Lock lock-0 with level ReadOnly');
    expect(plainRowOf(result, 'Resource locks')).toContain(`is on ${subscription}`);
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

  it.each([
    ['the cluster', (scenario: Scenario) => scenario.clusterId],
    ['its subscription', ({ subscriptionId }: Scenario) => `/subscriptions/${subscriptionId}`],
  ])('on %s, if it forbids the deletion of a role that access no longer names', async (_, where) => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    const { emulator, deployer, groups, clusterId } = scenario;
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    emulator.arm.assignments.assign(deployer.principal.id, 'Role Based Access Control Administrator', clusterId);
    const role = 'Azure Kubernetes Service RBAC Reader';
    const inputs = { 'enable-azure-rbac': 'true', access: JSON.stringify({ [role]: [groups.developers.id] }) };
    expect((await scenario.run(inputs)).error).toBe('');
    emulator.requests.clear();
    emulator.arm.assignments.assign(deployer.principal.id, 'Reader', where(scenario));
    emulator.arm.governance.locks.set(where(scenario), 'CanNotDelete');
    const dropped = { ...inputs, access: '{}' };
    expectRefusal(await doctor(scenario, dropped), 'doctor-found-problems', 'level CanNotDelete');
    const result = await scenario.run(dropped);
    expectRefusal(result, 'resource-locked', 'Changing the role assignments', 'removed for the deployment; to find it');
    expect(result.error).toContain(`is on ${where(scenario)}`);
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
    expect(plainRowOf(result, 'Resource locks')).toContain('cannot change the nodes');
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    emulator.arm.governance.locks.set(clusterId, 'CanNotDelete');
    expect(plainRowOf(await doctor(scenario), 'Resource locks')).toContain(' ok |');
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
    expect(plainRowOf(result, 'Subscription')).toContain(' warning |');
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
    expect(plainRowOf(result, 'vCPU quota')).toContain(
      'an unknown number of vCPUs; left in westeurope: cores 3 of 100',
    );
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
    expect(plainRowOf(result, 'Namespace')).toMatch(
      / warning \|.*headlamp is being deleted and waits for finalizer kubernetes/,
    );
    expect(result.summary).toContain('kubectl get namespace headlamp');
  });
});
