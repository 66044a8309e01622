import { describe, expect, it } from 'vitest';
import { delegationCondition } from '../../emulator/worlds/grants.ts';
import { ASSIGNER, DEPLOYER, grantOnly, RBAC_READER, USER_ROLE } from '../scenarios/granted.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario } from '../scenarios/scenario.ts';

const roleAssignments = ({ emulator }: Scenario) =>
  [...emulator.arm.assignments.all.values()].filter(({ role }) => role === RBAC_READER);

describe('enable-azure-rbac', () => {
  const inputs = { 'enable-azure-rbac': 'true' };
  const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

  it('needs no permission on role assignments while access has no Azure role', async () => {
    const scenario = await createScenario();
    grantOnly(scenario, [USER_ROLE, DEPLOYER]);
    expect((await scenario.run({ ...inputs, mode: 'doctor' })).error).toBe('');
    expect((await scenario.run({ ...inputs, mode: 'plan' })).error).toBe('');
    const { error, output } = await scenario.run(inputs);
    expect(error).toBe('');
    expect(output).toContain('Stays: role assignments on cluster aks-demo, in case access had Azure roles before');
    expect((await scenario.run(inputs)).outputs['changes']).toBe('[]');
    const destroyed = await scenario.run({ ...inputs, ...DESTROY });
    expect(destroyed.error).toBe('');
    expect(destroyed.summary).toContain('role assignments on cluster');
  });

  it('with Azure roles in access needs what --delegate grants, in every mode', async () => {
    const scenario = await createScenario();
    const { emulator, deployer, clusterId, groups } = scenario;
    grantOnly(scenario, [USER_ROLE, DEPLOYER]);
    const condition = delegationCondition([emulator.arm.roles.named(RBAC_READER).id], [groups.developers.id]);
    emulator.arm.assignments.assign(deployer.principal.id, ASSIGNER, clusterId, condition);
    scenario.cluster.put('Namespace', { metadata: { name: 'team-a' } });
    const rules = {
      [RBAC_READER]: [{ group: groups.developers.id, namespaces: ['team-a'] }],
      view: [groups.admins.id],
    };
    const all = { ...inputs, access: JSON.stringify(rules), 'list-namespaces': 'true' };
    for (const mode of ['doctor', 'plan', 'deploy', 'rotate'])
      expect([mode, (await scenario.run({ ...all, mode })).error]).toEqual([mode, '']);
    expect(roleAssignments(scenario)).toHaveLength(1);
    expect((await scenario.run(all)).outputs['changes']).toBe('[]');
    expect((await scenario.run({ ...all, ...DESTROY })).error).toBe('');
    expect(roleAssignments(scenario)).toEqual([]);
  });

  it('with the id of a user as that of a group in access ends with how to correct it', async () => {
    const scenario = await createScenario();
    const { emulator, deployer, clusterId } = scenario;
    emulator.arm.assignments.assign(deployer.principal.id, ASSIGNER, clusterId);
    const user = emulator.directory.addUser({ displayName: 'Ada' });
    const access = JSON.stringify({ [RBAC_READER]: [user.id] });
    const result = await scenario.run({ ...inputs, access });
    expectRefusal(result, 'request-failed', 'UnmatchedPrincipalType', 'in access', 'az ad user show');
  });

  it('with Azure roles in access, but without that grant, says so before anything is written', async () => {
    const scenario = await createScenario();
    grantOnly(scenario, [USER_ROLE, DEPLOYER]);
    const access = JSON.stringify({ [RBAC_READER]: [scenario.groups.developers.id] });
    for (const more of [{}, { mode: 'plan' }, DESTROY]) {
      const result = await scenario.run({ ...inputs, access, ...more });
      expectRefusal(result, 'arm-permission-missing', '--role Reader');
      // Both are read at once.
      expect(result.error).toMatch(/Microsoft\.Authorization\/role(Assignments|Definitions)\/read/);
    }
    const examined = await scenario.run({ ...inputs, access, mode: 'doctor' });
    expectRefusal(examined, 'doctor-found-problems', 'roleAssignments/write', `"${ASSIGNER}"`);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
