import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, registration, type Scenario, withEntra } from '../scenarios/scenario.ts';

const withoutRole = async (role: string): Promise<Scenario> => {
  const scenario = await createScenario({ cluster: withEntra() });
  scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
  return scenario;
};

/** Takes a Graph permission away from the deploying identity. */
function withoutAppRole({ emulator, deployer }: Scenario, name: string): void {
  const graph = emulator.directory.servicePrincipal('00000003-0000-0000-c000-000000000000');
  const role = graph?.appRoles.find(({ value }) => value === name);
  for (const [key, assignment] of emulator.directory.appRoleAssignments) {
    if (assignment.principalId === deployer.principal.id && assignment.appRoleId === role?.id)
      emulator.directory.appRoleAssignments.delete(key);
  }
}

describe('a missing permission', () => {
  it('to read the cluster is named with the role that gives it', async () => {
    const scenario = await withoutRole('Headlamp AKS Entra deployer');
    for (const role of [
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service Cluster Admin Role',
      'Reader',
    ]) {
      scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    }
    const parts = ['managedClusters/read', 'check resource-group, cluster-name', 'az role assignment create'];
    expectRefusal(await scenario.run(), 'arm-permission-missing', ...parts);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('to update the cluster is named with the role that gives it', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Headlamp AKS Entra deployer');
    expectRefusal(
      await scenario.run(),
      'arm-permission-missing',
      'managedClusters/write',
      '"Azure Kubernetes Service Contributor Role"',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('to read the node pools stops no update, and mode doctor warns of it; bootstrap.sh grants it', async () => {
    const scenario = await createScenario();
    const { arm, requests } = scenario.emulator;
    arm.assignments.revoke(scenario.deployer.principal.id, 'Reader');
    const role = arm.roles.named('Headlamp AKS Entra deployer');
    const actions = role.actions.filter((action) => !action.includes('agentPools'));
    arm.roles.all.set('Headlamp AKS Entra deployer', { ...role, actions });
    const result = await scenario.run({ mode: 'doctor' });
    expect(result.error).toBe('');
    expect(result.warnings.join()).toContain('agentPools/read is not allowed: an update could undo a scaling');
    arm.roles.all.set('Headlamp AKS Entra deployer', role);
    expect((await scenario.run({ mode: 'doctor' })).warnings.join()).not.toContain('agentPools');
    expect((await scenario.run()).error).toBe('');
    const reads = requests.all().filter(({ path }) => path.includes('/agentPools?'));
    expect(reads.map(({ status }) => status)).toEqual([200]);
  });

  it('that Azure does not show in advance is reported by the failing change', async () => {
    const scenario = await createScenario();
    for (const role of ['Headlamp AKS Entra deployer', 'Reader'])
      scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    expectRefusal(await scenario.run(), 'arm-permission-missing', 'managedClusters/write');
  });

  it('to write to the vault by role or by access policy is named before anything is written', async () => {
    const byRole = await withoutRole('Key Vault Secrets Officer');
    const { emulator, deployer, vault } = byRole;
    emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Secrets User', vault.id);
    expectRefusal(await byRole.run(), 'vault-permission-missing', 'setSecret/action');
    expect(emulator.requests.writes()).toEqual([]);
    const { subscriptionId, resourceGroup } = byRole;
    const accessPolicies = { [deployer.principal.id]: ['get', 'recover'] };
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-policies', rbac: false, accessPolicies });
    const byPolicy = await byRole.run({ 'key-vault-name': 'kv-policies' });
    expectRefusal(byPolicy, 'vault-permission-missing', 'az keyvault set-policy --name kv-policies');
    expect(emulator.requests.writes()).toEqual([]);
  });

  it('cannot be checked if Azure does not list permissions, and the run continues', async () => {
    const scenario = await createScenario();
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/Microsoft.Authorization/permissions'),
      fault: { kind: 'status', status: 404, body: { error: { code: 'NotFound', message: 'No.' } } },
    });
    expect((await scenario.run()).error).toBe('');
  });

  it('to change app registrations is found in the token before anything is written', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    withoutAppRole(scenario, 'Application.ReadWrite.OwnedBy');
    scenario.emulator.directory.grantAppRole(scenario.deployer.principal, 'Application.Read.All');
    expectRefusal(await scenario.run(), 'graph-permission-missing', 'Application.ReadWrite.OwnedBy');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('to add the AKS server application is named before anything is written', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const server = scenario.emulator.directory.servicePrincipal('6dae42f8-4368-4678-94ff-3960e28e3630');
    scenario.emulator.directory.servicePrincipals.delete(server?.id ?? '');
    expectRefusal(await scenario.run(), 'aks-server-application-missing', 'az ad sp create');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('in Graph is named with the command that grants it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    withoutAppRole(scenario, 'Application.ReadWrite.OwnedBy');
    expectRefusal(
      await scenario.run(),
      'graph-permission-missing',
      'Application.ReadWrite.OwnedBy',
      'az ad app permission add',
      '18a4783c-866b-4cc7-a460-3d5e5662c884=Role',
    );
  });

  it('in the vault is named with the role that gives it, and nothing was written', async () => {
    const scenario = await withoutRole('Key Vault Secrets Officer');
    expectRefusal(await scenario.run(), 'vault-permission-missing', '"Key Vault Secrets Officer"');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('to write to the vault leaves no orphaned secret on the registration', async () => {
    const scenario = await withoutRole('Key Vault Secrets Officer');
    scenario.emulator.arm.assignments.assign(
      scenario.deployer.principal.id,
      'Key Vault Secrets User',
      scenario.vault.id,
    );
    // Nobody can tell beforehand.
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Reader');
    expectRefusal(await scenario.run(), 'vault-permission-missing');
    const passwords = [...scenario.emulator.directory.applications.values()].flatMap(
      (application) => application.passwordCredentials,
    );
    expect(passwords).toEqual([]);
    scenario.emulator.arm.assignments.assign(
      scenario.deployer.principal.id,
      'Key Vault Secrets Officer',
      scenario.vault.id,
    );
    expect((await scenario.run()).exitCode).toBe(0);
  });

  it('inside the cluster is named with both ways to grant it', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    expectRefusal(
      await scenario.run({ 'admin-group-object-ids': '' }),
      'cluster-access-denied',
      'az ad group member add',
      'Azure Kubernetes Service RBAC Cluster Admin',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('inside the cluster is no obstacle if the run adds an admin group that contains the identity', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')[0]).toMatchObject({ resource: 'cluster', action: 'update' });
  });
});

describe('admin consent', () => {
  const unable = async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    withoutAppRole(scenario, 'DelegatedPermissionGrant.ReadWrite.All');
    return scenario;
  };

  it('that the identity may not grant gives a warning with the link for an administrator', async () => {
    const scenario = await unable();
    const result = await scenario.run();
    expect(result.exitCode).toBe(0);
    const link = `https://login.microsoftonline.com/${scenario.inputs['tenant-id']}/adminconsent?client_id=${result.outputs['app-client-id']}`;
    expect(result.warnings.join()).toContain(link);
    expect(result.summary).toContain(link);
    expect(result.outputs['changes']).not.toContain('admin consent');
  });

  it('that the identity may not read is not called missing by later runs', async () => {
    const scenario = await unable();
    await scenario.run();
    const result = await scenario.run();
    expect([result.error, result.outputs['changes'], result.warnings.join()]).toEqual(['', '[]', '']);
    expect(result.output).toMatch(/::notice title=Admin consent was not checked::.*\/adminconsent\?client_id=/);
  });

  it('that the identity may not grant fails with grant-admin-consent true, before anything is written', async () => {
    const scenario = await unable();
    const demand = () => scenario.run({ 'grant-admin-consent': 'true' });
    const permission = 'DelegatedPermissionGrant.ReadWrite.All';
    expectRefusal(await demand(), 'admin-consent-not-permitted', permission, 'set grant-admin-consent to auto');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    await scenario.run();
    expectRefusal(await demand(), 'admin-consent-not-permitted', permission, '/adminconsent?client_id=');
  });

  it('is granted again if somebody recreated the service principal', async () => {
    const scenario = await createDeployed();
    const { directory } = scenario.emulator;
    const before = directory.servicePrincipal(registration(scenario).appId);
    if (!before) throw new Error('There is no service principal.');
    directory.deleteServicePrincipal(before);
    const after = directory.addServicePrincipal(registration(scenario));
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.outputs['service-principal-object-id']).toBe(after.id);
    const clients = [...directory.oauth2PermissionGrants.values()].map(({ clientId }) => clientId);
    expect(clients).toEqual([after.id, after.id]);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('is left alone with grant-admin-consent false', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ 'grant-admin-consent': 'false' });
    expect(result.exitCode).toBe(0);
    expect(scenario.emulator.directory.oauth2PermissionGrants.size).toBe(0);
  });
});
