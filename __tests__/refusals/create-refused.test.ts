import { describe, expect, it } from 'vitest';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';

describe('creating is refused before anything is written:', () => {
  const refused = async (inputs: Record<string, string>, id: string, ...parts: readonly string[]) => {
    const scenario = await createFromNothing();
    expectRefusal(await scenario.run(inputs), id, ...parts);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  };

  it('for a Kubernetes version that the region does not offer', () =>
    refused({ 'kubernetes-version': '1.19' }, 'kubernetes-version-not-offered', '1.34.1', 'az aks get-versions'));

  it('for a cluster without a region', () => refused({ location: '' }, 'location-missing', 'set location'));

  it('for a region without AKS', () =>
    refused({ location: 'Mars Central' }, 'location-not-available', 'marscentral', 'westeurope'));

  it('in a subscription without the provider Microsoft.ContainerService', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.unregistered.add('Microsoft.ContainerService');
    expectRefusal(
      await scenario.run(),
      'provider-not-registered',
      'az provider register --namespace Microsoft.ContainerService --wait',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('for a missing cluster without create-cluster', async () => {
    const scenario = await createFromNothing();
    expectRefusal(await scenario.run({ 'create-cluster': 'false' }), 'cluster-not-found', 'create-cluster');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('a creation that Azure refuses', () => {
  it('names the missing role', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Contributor');
    expectRefusal(await scenario.run(), 'arm-permission-missing', 'resourceGroups/write', '--role Contributor');
  });

  it("names the missing role before anything is written, if Azure shows the identity's permissions", async () => {
    const scenario = await createFromNothing();
    const { arm } = scenario.emulator;
    arm.assignments.revoke(scenario.deployer.principal.id, 'Role Based Access Control Administrator');
    const result = await scenario.run();
    expectRefusal(result, 'arm-permission-missing', 'roleAssignments/write', 'Role Based Access Control Administrator');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('names the Azure Policy that denies it', async () => {
    const scenario = await createFromNothing();
    const message = "Resource 'aks-demo' was disallowed by policy. Policy identifiers: 'allowed-sizes'.";
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'PUT' && url.pathname.endsWith('/managedClusters/aks-demo'),
      fault: { kind: 'status', status: 403, body: { error: { code: 'RequestDisallowedByPolicy', message } } },
    });
    expectRefusal(await scenario.run(), 'azure-policy-forbids', 'allowed-sizes');
  });

  it("is reported in AKS's own words if the versions may not be read", async () => {
    const scenario = await createFromNothing();
    const { arm } = scenario.emulator;
    const group = arm.addResourceGroup(scenario.subscriptionId, scenario.resourceGroup);
    arm.assignments.all.clear();
    for (const role of ['Contributor', 'Role Based Access Control Administrator'])
      arm.assignments.assign(scenario.deployer.principal.id, role, group);
    const result = await scenario.run({ 'kubernetes-version': '1.19' });
    expectRefusal(result, 'kubernetes-version-not-offered', 'is not supported in this region');
  });

  it('for lack of cores names the quota', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.governance.coresLeft = 2;
    expectRefusal(await scenario.run(), 'cluster-create-failed', 'westeurope', 'az vm list-usage');
  });
});
