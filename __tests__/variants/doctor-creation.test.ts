import { describe, expect, it } from 'vitest';
import { doctor, others, verdicts } from '../scenarios/doctor-verdicts.ts';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario } from '../scenarios/scenario.ts';

describe('mode doctor before a creation', () => {
  it('accepts a missing cluster and vault that a deployment will create', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.clusters.clear();
    const { emulator, deployer, subscriptionId } = scenario;
    for (const role of ['Contributor', 'Role Based Access Control Administrator'])
      emulator.arm.assignments.assign(deployer.principal.id, role, `/subscriptions/${subscriptionId}`);
    const result = await doctor(scenario, {
      ...{ 'create-cluster': 'true', 'create-key-vault': 'true', 'key-vault-name': 'kv-new', location: 'westeurope' },
    });
    expect(result.error).toBe('');
    expect(verdicts(result)).toMatchObject({ Cluster: 'ok', 'API server': 'not checked', 'Key vault': 'ok' });
    expect(result.summary).toContain('kv-new: a deployment creates it');
    expect(result.summary).toContain(' not checked | Key vault permissions | a deployment assigns itself the role |');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('reports the permissions that the identity lacks to create what a deployment will create', async () => {
    const scenario = await createFromNothing();
    const { assignments } = scenario.emulator.arm;
    assignments.all.clear();
    const { subscriptionId, deployer } = scenario;
    assignments.assign(deployer.principal.id, 'Reader', `/subscriptions/${subscriptionId}`);
    const result = await doctor(scenario, { access: JSON.stringify({}), 'enable-azure-rbac': 'true' });
    expectRefusal(
      result,
      'doctor-found-problems',
      'resourceGroups/write',
      'managedClusters/write',
      'vaults/write',
      'roleAssignments/write',
      `--role "Role Based Access Control Administrator" --scope /subscriptions/${subscriptionId}`,
    );
    expect(others(result, 'ok', 'not checked')).toEqual(
      ['the resource group', 'the cluster', 'the key vault', 'role assignments'].map(
        (of) => `Azure role for ${of}: failed`,
      ),
    );
  });

  it('reports inputs with which the cluster cannot be created', async () => {
    const scenario = await createFromNothing();
    expectRefusal(await doctor(scenario, { location: '' }), 'doctor-found-problems', '- location-missing: ');
    const access = JSON.stringify({ 'Azure Kubernetes Service RBAC Raeder': [scenario.groups.admins.id] });
    const role = await doctor(scenario, { 'enable-azure-rbac': 'true', access });
    expectRefusal(role, 'doctor-found-problems', '- azure-role-not-found: ');
  });
});
