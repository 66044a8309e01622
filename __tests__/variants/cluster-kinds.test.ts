import { describe, expect, it } from 'vitest';
import { withoutLimits } from '../../emulator/kubernetes/admission.ts';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectConverged } from '../scenarios/converged.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const TENANT = withEntra()['aadProfile'] as JsonObject;
const azureRbac: JsonObject = { aadProfile: { ...TENANT, enableAzureRBAC: true } };
const IN_NO_GROUP = { 'admin-group-object-ids': '' };

/** The identity is in no group and may not read the administrator's credential; a role on the cluster lets it in. */
async function withRoleOnly(cluster: JsonObject): Promise<Scenario> {
  const scenario = await createScenario({ cluster });
  const { emulator, deployer, groups, clusterId } = scenario;
  groups.admins.members.delete(deployer.principal.id);
  for (const role of ['Azure Kubernetes Service Cluster Admin Role', 'Headlamp AKS Entra deployer'])
    emulator.arm.assignments.revoke(deployer.principal.id, role);
  emulator.arm.assignments.assign(deployer.principal.id, 'Azure Kubernetes Service RBAC Cluster Admin', clusterId);
  return scenario;
}

const asksForAdministrator = ({ emulator }: Scenario) =>
  emulator.requests.all().filter(({ path }) => /listClusterAdminCredential/i.test(path));

describe('a cluster of each kind', () => {
  it('without local accounts is deployed to, and nobody asks for the credential of its administrator', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    const { emulator, clusterId, groups } = scenario;
    emulator.arm.changeCluster(clusterId, withEntra([groups.admins.id]));
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
    expect(asksForAdministrator(scenario)).toEqual([]);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('without Entra integration gets it, with a warning if no group is to administer the cluster', async () => {
    const scenario = await createScenario();
    const warned = async (inputs: Readonly<Record<string, string>>) => {
      const { error, summary } = await scenario.run(inputs);
      return [error, summary.includes('Nobody in Entra administers the cluster')];
    };
    expect(await warned({ ...IN_NO_GROUP, mode: 'plan' })).toEqual(['', true]);
    expect(await warned(IN_NO_GROUP)).toEqual(['', true]);
    expect(await warned(IN_NO_GROUP)).toEqual(['', false]);
    expect(await warned({})).toEqual(['', false]);
  });

  it('with Azure RBAC is deployed to by a role on the cluster, without a group and without changing the cluster', async () => {
    const scenario = await withRoleOnly(azureRbac);
    const before = structuredClone(scenario.record.model);
    expect((await scenario.run(IN_NO_GROUP)).error).toBe('');
    expectConverged(scenario);
    expect(scenario.record.model).toEqual(before);
    expect((await scenario.run(IN_NO_GROUP)).outputs['changes']).toBe('[]');
  });

  it('of AKS Automatic is deployed to as it comes: Azure RBAC, no local accounts, safeguards for pods', async () => {
    const scenario = await automatic();
    const before = structuredClone(scenario.record.model);
    expect((await scenario.run(IN_NO_GROUP)).error).toBe('');
    expectConverged(scenario);
    expect(scenario.record.model).toEqual(before);
    expect(asksForAdministrator(scenario)).toEqual([]);
    expect((await scenario.run({ ...IN_NO_GROUP, mode: 'rotate', rotate: 'force' })).error).toBe('');
    expectConverged(scenario);
  });

  it('of AKS Automatic tells in the words of its safeguards what values have taken away', async () => {
    const scenario = await automatic();
    const result = await scenario.run({ ...IN_NO_GROUP, values: 'resources: {limits: null}' });
    expectRefusal(result, 'rollout-failed', 'has no resource limits');
  });
});

async function automatic(): Promise<Scenario> {
  const scenario = await withRoleOnly({
    ...azureRbac,
    disableLocalAccounts: true,
    nodeProvisioningProfile: { mode: 'Auto' },
  });
  Object.assign(scenario.record.model, { sku: { name: 'Automatic', tier: 'Standard' } });
  scenario.cluster.admission.rules.push(withoutLimits);
  return scenario;
}
