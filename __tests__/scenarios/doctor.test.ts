import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { githubIssuer } from '../../emulator/github/service.ts';
import { subjectOf } from '../../emulator/github/workflow.ts';
import { grantRequiredPermissions } from '../../emulator/worlds/standard.ts';
import { doctor, others, verdicts } from './doctor-verdicts.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, type Scenario, withEntra } from './scenario.ts';

/** A user-assigned managed identity that trusts jobs with this subject, with what the README lists. */
function addManagedIdentity(scenario: Scenario, name: string, subject: string) {
  const { emulator, subscriptionId, resourceGroup } = scenario;
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const principal = emulator.directory.addManagedIdentity(name);
  principal.properties = { ...principal.properties, alternativeNames: ['isExplicit=True', id] };
  principal.federatedIdentityCredentials = [
    { id: randomUUID(), name: 'main', issuer: githubIssuer, subject, audiences: ['api://AzureADTokenExchange'] },
  ];
  emulator.arm.identities.set(id.toLowerCase(), { id, name, location: 'westeurope', tags: {}, principal });
  grantRequiredPermissions(scenario, principal);
  return principal;
}

describe('mode doctor', () => {
  it('finds no problem before a first deployment, and writes nothing', async () => {
    const scenario = await createScenario();
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({ changes: '[]', changed: 'false' });
    expect(result.summary).toContain('ready to deploy');
    expect(Object.keys(verdicts(result)).length).toBeGreaterThan(15);
    // Only the policy takes more than a deployment does to read.
    expect(others(result, 'ok')).toEqual(['Policy on client secrets: not checked']);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('finds no problem before the next deployment either', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    scenario.emulator.requests.clear();
    const result = await doctor(scenario, { access: 'view: 66666666-7777-8888-9999-000000000000' });
    expect(result.error).toBe('');
    expect(others(result, 'ok')).toEqual(['Policy on client secrets: not checked']);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('lists all problems at once, each with its fix', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer } = scenario;
    for (const role of [
      'Headlamp AKS Entra deployer',
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service Cluster Admin Role',
      'Key Vault Secrets Officer',
    ])
      emulator.arm.assignments.revoke(deployer.principal.id, role);
    emulator.directory.appRoleAssignments.clear();
    const server = emulator.directory.servicePrincipal('6dae42f8-4368-4678-94ff-3960e28e3630');
    emulator.directory.servicePrincipals.delete(server?.id ?? '');
    const result = await doctor(scenario, { 'chart-version': '0.44.9', 'grant-admin-consent': 'true' });
    expectRefusal(
      result,
      'doctor-found-problems',
      '- graph-permission-missing: ',
      '- arm-permission-missing: ',
      'managedClusters/write',
      'listClusterUserCredential',
      '- vault-permission-missing: ',
      '- chart-not-found: ',
      'az ad app permission add',
      'az role assignment create',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('without an ID token still checks what needs no sign-in', async () => {
    const scenario = await createScenario();
    const nothing = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };
    const result = await scenario.run({ mode: 'doctor' }, nothing);
    expectRefusal(result, 'doctor-found-problems', '- id-token-permission-missing: ', 'id-token: write');
    expect(others(result, 'not checked').filter((line) => !line.startsWith('Way to '))).toEqual([
      'GitHub ID token: failed',
      'Helm: ok',
      'Chart and values: ok',
    ]);
    expect(verdicts(result)).toMatchObject({ 'Way to sign-in': 'ok', 'Way to the key vault': 'ok' });
    expect(result.summary).toContain('Sign-in to Entra failed');
  });

  it.each([false, true])(
    'shows the subject of this job, and the federated credential that matches it (ids: %s)',
    async (subjectIds) => {
      const scenario = await createScenario();
      const { application } = scenario.deployer;
      scenario.emulator.workflow.subjectIds = subjectIds;
      const subject = subjectOf(scenario.emulator.workflow);
      const [credential] = application.federatedIdentityCredentials;
      if (!credential) throw new Error('The deployer has no federated credential.');
      application.federatedIdentityCredentials = [{ ...credential, name: 'this-job', subject }];
      const { output } = await doctor(scenario);
      expect(output).toContain(`GitHub issues ID tokens to this job, with the subject ${subject}`);
      expect(output).toContain(`this-job matches the subject ${subject}`);
    },
  );

  it('shows the federated credential of a managed identity, if it may read it', async () => {
    const scenario = await createScenario();
    const { emulator, subscriptionId, resourceGroup } = scenario;
    const identity = addManagedIdentity(scenario, 'deployer', subjectOf(emulator.workflow));
    const inputs = { 'client-id': identity.appId };
    expect((await doctor(scenario, inputs)).output).toContain('may not read its own federated credentials');
    emulator.arm.assignments.assign(
      identity.id,
      'Reader',
      `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`,
    );
    expect((await doctor(scenario, inputs)).output).toContain(
      'main matches the subject repo:contoso/platform:ref:refs/heads/main',
    );
  });

  it('distinguishes a missing federated credential from a missing ID token', async () => {
    const scenario = await createScenario();
    scenario.emulator.workflow.environment = 'production';
    const result = await doctor(scenario);
    expectRefusal(result, 'doctor-found-problems', '- federated-credential-missing: ', 'environment:production');
    expect(verdicts(result)).toMatchObject({ 'GitHub ID token': 'ok', 'Sign-in to Entra': 'failed' });
  });

  it('warns if an administrator has to grant consent', async () => {
    const scenario = await createScenario();
    const { emulator, deployer } = scenario;
    emulator.directory.appRoleAssignments.clear();
    emulator.directory.grantAppRole(deployer.principal, 'Application.ReadWrite.OwnedBy');
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(verdicts(result)).toMatchObject({ 'Graph DelegatedPermissionGrant.ReadWrite.All': 'warning' });
    expect(result.warnings.join()).toContain('8e8e4742-1d95-4f68-9d56-6ee75648c72a=Role');
  });

  it('reports an adopted registration that the identity does not own', async () => {
    const scenario = await createScenario();
    const adopted = scenario.emulator.directory.addApplication({ displayName: 'Platform sign-in' });
    const result = await doctor(scenario, { 'app-client-id': adopted.appId });
    expectRefusal(result, 'doctor-found-problems', `az ad app owner add --id ${adopted.appId}`);
    expect(others(result, 'ok', 'not checked')).toEqual(['App registration: failed']);
  });

  it('compares the tenant policy on client secrets with secret-lifetime', async () => {
    const scenario = await createScenario();
    const { directory } = scenario.emulator;
    directory.grantAppRole(scenario.deployer.principal, 'Policy.Read.All');
    directory.policy.maximumPasswordLifetime = 30;
    const shortened = await doctor(scenario);
    expect(shortened.error).toBe('');
    expect(shortened.warnings.join()).toContain('set secret-lifetime to 30d');
    directory.policy.passwordAddition = 'blocked';
    expectRefusal(await doctor(scenario), 'doctor-found-problems', '- app-secrets-forbidden: ');
  });

  it('checks each permission in the cluster', async () => {
    const scenario = await createScenario({
      cluster: { aadProfile: { ...profile(), enableAzureRBAC: true }, disableLocalAccounts: true },
    });
    const { emulator, deployer, clusterId } = scenario;
    emulator.arm.assignments.assign(deployer.principal.id, 'Azure Kubernetes Service RBAC Writer', clusterId);
    const result = await doctor(scenario, { 'admin-group-object-ids': '' });
    expectRefusal(result, 'doctor-found-problems', '- cluster-access-denied: ');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('accepts a missing AKS server application that AKS will add', async () => {
    const scenario = await createScenario();
    const server = scenario.emulator.directory.servicePrincipal('6dae42f8-4368-4678-94ff-3960e28e3630');
    if (server) scenario.emulator.directory.deleteServicePrincipal(server);
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(verdicts(result)).toMatchObject({ 'AKS server application': 'ok' });
  });

  it('checks a private cluster through AKS run-command, and writes nothing there either', async () => {
    const scenario = await createScenario({
      cluster: { ...withEntra(), apiServerAccessProfile: { enablePrivateCluster: true } },
    });
    scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
    const before = scenario.cluster.list('Secret').length;
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(verdicts(result)).toMatchObject({ 'API server': 'ok', 'Kubernetes permissions': 'ok' });
    expect(scenario.cluster.list('Secret')).toHaveLength(before);
  });

  it('warns if a deployment has to add the admin group before it can connect', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    const result = await doctor(scenario);
    expect(result.error).toBe('');
    expect(verdicts(result)).toMatchObject({ 'API server': 'warning', 'Kubernetes permissions': 'not checked' });
  });

  it.each([
    ['is stopped', { powerState: { code: 'Stopped' } }, 'cluster-stopped'],
    ['has no Kubernetes RBAC', { enableRBAC: false }, 'cluster-without-kubernetes-rbac'],
  ])('reports that the cluster %s', async (_, properties, id) => {
    const scenario = await createScenario({ cluster: properties });
    expectRefusal(await doctor(scenario), 'doctor-found-problems', `- ${id}: `);
  });

  it('reports a vault behind a firewall, and one whose access policy lacks set', async () => {
    const scenario = await createScenario();
    const { emulator, deployer, subscriptionId, resourceGroup, vault } = scenario;
    const accessPolicies = { [deployer.principal.id]: ['get', 'recover'] };
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-policies', rbac: false, accessPolicies });
    const byPolicy = await doctor(scenario, { 'key-vault-name': 'kv-policies' });
    expectRefusal(byPolicy, 'doctor-found-problems', '- vault-permission-missing: ', 'az keyvault set-policy');
    vault.firewallDenies = true;
    expectRefusal(await doctor(scenario), 'doctor-found-problems', '- vault-firewall: ');
  });
});

const profile = () => withEntra()['aadProfile'] as Record<string, never>;
