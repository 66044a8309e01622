import { describe, expect, it } from 'vitest';
import { object } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const READER = 'Azure Kubernetes Service RBAC Reader';
const WRITER = 'Azure Kubernetes Service RBAC Writer';

/** An identity that may assign roles on the cluster. */
async function createScenarioWithRights(): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() });
  const role = 'Role Based Access Control Administrator';
  scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, role, scenario.clusterId);
  return scenario;
}

const access = (rules: Readonly<Record<string, readonly string[]>>) => ({
  'enable-azure-rbac': 'true',
  access: JSON.stringify(rules),
});

/** Who holds a role for Kubernetes on the cluster. */
const granted = ({ emulator, clusterId }: Scenario) =>
  [...emulator.arm.assignments.all.values()]
    .filter(
      ({ role, scope }) =>
        role.includes('RBAC') && role !== 'Role Based Access Control Administrator' && scope === clusterId,
    )
    .map(({ role, principalId }) => `${role} ${principalId}`)
    .sort();
const profile = ({ record }: Scenario) => object(record.model, 'properties', 'aadProfile');

describe('Azure RBAC for Kubernetes', () => {
  it('is turned on by enable-azure-rbac, and never turned off', async () => {
    const scenario = await createScenarioWithRights();
    const result = await scenario.run({ 'enable-azure-rbac': 'true' });
    expect(result.error).toBe('');
    expect(result.outputs['changes']).toContain('turn on Azure RBAC for Kubernetes');
    await scenario.run();
    expect(profile(scenario)).toMatchObject({
      enableAzureRBAC: true,
      adminGroupObjectIDs: [scenario.groups.admins.id],
    });
  });
});

describe('Azure roles in access', () => {
  it('are assigned to the groups on the cluster, once', async () => {
    const scenario = await createScenarioWithRights();
    const { admins, developers } = scenario.groups;
    const rules = access({ [READER]: [developers.id, admins.id], view: [developers.id] });
    const result = await scenario.run(rules);
    expect(result.error).toBe('');
    expect(granted(scenario)).toEqual([`${READER} ${admins.id}`, `${READER} ${developers.id}`].sort());
    expect(result.summary).toContain(READER);
    const again = await scenario.run(rules);
    expect(again.outputs['changes']).toBe('[]');
  });

  it('are removed when they are removed from the input; assignments of others stay', async () => {
    const scenario = await createScenarioWithRights();
    const { admins, developers } = scenario.groups;
    scenario.emulator.arm.assignments.assign(admins.id, WRITER, scenario.clusterId);
    await scenario.run(access({ [READER]: [developers.id], [WRITER]: [admins.id] }));
    const result = await scenario.run(access({}));
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')).toEqual([
      { resource: 'role assignment', action: 'delete', detail: `${READER} of group ${developers.id}` },
    ]);
    expect(granted(scenario)).toEqual([`${WRITER} ${admins.id}`]);
  });

  it('of two releases on one cluster are kept apart', async () => {
    const scenario = await createScenarioWithRights();
    const { developers, admins } = scenario.groups;
    await scenario.run(access({ [READER]: [developers.id] }));
    const other = { 'release-name': 'second', 'key-vault-secret-name': 'second', ...access({ [WRITER]: [admins.id] }) };
    const result = await scenario.run(other);
    expect(result.error).toBe('');
    expect(granted(scenario)).toEqual([`${READER} ${developers.id}`, `${WRITER} ${admins.id}`]);
  });

  it('are removed by mode destroy; assignments of others stay', async () => {
    const scenario = await createScenarioWithRights();
    const { admins, developers } = scenario.groups;
    const rules = access({ [READER]: [developers.id] });
    await scenario.run(rules);
    scenario.emulator.arm.assignments.assign(admins.id, WRITER, scenario.clusterId);
    const result = await scenario.run({ ...rules, mode: 'destroy', 'confirm-destroy': 'aks-demo' });
    expect(result.error).toBe('');
    expect(granted(scenario)).toEqual([`${WRITER} ${admins.id}`]);
  });

  it('that do not exist are reported before anything is written', async () => {
    const scenario = await createScenarioWithRights();
    const rules = access({ 'Azure Kubernetes Service RBAC Raeder': [scenario.groups.developers.id] });
    expectRefusal(await scenario.run(rules), 'azure-role-not-found', 'Raeder', 'az role definition list');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('need the permission to assign roles, and the error names it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(
      await scenario.run(access({ [READER]: [scenario.groups.developers.id] })),
      'arm-permission-missing',
      'roleAssignments/write',
      '"Role Based Access Control Administrator"',
    );
  });
});
