import { describe, expect, it } from 'vitest';
import type { StepResult } from '../../emulator/runner/runner.ts';
import type { JsonObject } from '../../emulator/server/exchange.ts';
import { createScenario, type Scenario, vaultSecrets, withEntra } from './scenario.ts';

/** One clear error, in the one form, and nothing was written. */
function expectRefusal(result: StepResult, id: string, ...parts: readonly string[]): void {
  expect(result.exitCode).toBe(1);
  expect(result.output.split('\n').filter((line) => line.startsWith('::error'))).toHaveLength(1);
  expect(result.error).toMatch(new RegExp(`^${id}: [\\s\\S]+ Fix: [\\s\\S]+`));
  for (const part of parts) expect(result.error).toContain(part);
  expect(result.summary).toContain(id);
}

const withoutRole = async (role: string): Promise<Scenario> => {
  const scenario = await createScenario({ cluster: withEntra() });
  scenario.box.arm.assignments.revoke(scenario.deployer.principal.id, role);
  return scenario;
};

/** Takes a Graph permission away from the deploying identity. */
function withoutAppRole({ box, deployer }: Scenario, name: string): void {
  const graph = box.directory.servicePrincipal('00000003-0000-0000-c000-000000000000');
  const role = graph?.appRoles.find(({ value }) => value === name);
  for (const [key, assignment] of box.directory.appRoleAssignments) {
    if (assignment.principalId === deployer.principal.id && assignment.appRoleId === role?.id)
      box.directory.appRoleAssignments.delete(key);
  }
}

describe('wrong inputs', () => {
  it('are reported all at once, before any request', async () => {
    const scenario = await createScenario();
    const result = await scenario.run({
      'client-id': 'not-a-uuid',
      'cluster-name': '',
      'secret-lifetime': '3y',
      'rotate-before': '2y',
      url: 'http://headlamp.contoso.com',
      access: 'view: developers',
      values: 'config:\n  oidc:\n    clientSecret: abc',
      'values-files': 'missing.yaml',
      'wait-timeout': 'soon',
    });
    const inputs = [
      'client-id',
      'cluster-name',
      'secret-lifetime',
      'url',
      'access',
      'values',
      'values-files',
      'wait-timeout',
    ];
    expectRefusal(result, 'invalid-inputs', ...inputs.map((name) => `- ${name}: `), 'config.oidc.clientSecret');
    expect(scenario.box.requests.all()).toEqual([]);
  });

  it('name a lifetime that is not longer than the time before rotation', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'secret-lifetime': '4w', 'rotate-before': '28d' }),
      'invalid-inputs',
      '- rotate-before: ',
    );
  });

  it('tell which chart is too old and why, before any request', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'chart-version': '0.37.0' }),
      'chart-too-old',
      '0.37.0',
      'useAccessToken',
      '0.38.0',
    );
    expectRefusal(await scenario.run({ 'chart-version': '0.30.1' }), 'chart-too-old', 'validatorClientID');
    expect(scenario.box.requests.all()).toEqual([]);
  });
});

describe('signing in', () => {
  it('tells a job without id-token: write what to add, before any request', async () => {
    const scenario = await createScenario();
    const nothing = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };
    expectRefusal(await scenario.run({}, nothing), 'id-token-permission-missing', 'id-token: write');
    expect(scenario.box.requests.all()).toEqual([]);
  });

  it('shows what GitHub presented when no federated credential matches, and the command that adds it', async () => {
    const scenario = await createScenario();
    scenario.box.workflow.environment = 'production';
    const result = await scenario.run();
    expectRefusal(
      result,
      'federated-credential-missing',
      'https://token.actions.githubusercontent.com',
      'repo:contoso/platform:environment:production',
      'api://AzureADTokenExchange',
      `az ad app federated-credential create --id ${scenario.inputs['client-id']}`,
    );
  });

  it('names an application that the tenant does not have', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'client-id': '00000000-1111-4222-8333-444444444444' }),
      'deploying-application-not-found',
      '00000000-1111-4222-8333-444444444444',
    );
  });

  it('names a tenant that does not exist', async () => {
    const scenario = await createScenario();
    expectRefusal(await scenario.run({ 'tenant-id': '00000000-1111-4222-8333-444444444444' }), 'tenant-not-found');
  });
});

describe('a missing permission', () => {
  it('to read the cluster is named with the role that gives it', async () => {
    const scenario = await withoutRole('Azure Kubernetes Service Contributor Role');
    for (const role of [
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service Cluster Admin Role',
      'Reader',
    ]) {
      scenario.box.arm.assignments.revoke(scenario.deployer.principal.id, role);
    }
    expectRefusal(await scenario.run(), 'arm-permission-missing', 'managedClusters/read', 'az role assignment create');
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('to update the cluster is named with the role that gives it', async () => {
    const scenario = await createScenario();
    scenario.box.arm.assignments.revoke(scenario.deployer.principal.id, 'Azure Kubernetes Service Contributor Role');
    expectRefusal(
      await scenario.run(),
      'arm-permission-missing',
      'managedClusters/write',
      '"Azure Kubernetes Service Contributor Role"',
    );
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
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('to write to the vault leaves no secret on the registration that nobody knows', async () => {
    const scenario = await withoutRole('Key Vault Secrets Officer');
    scenario.box.arm.assignments.assign(scenario.deployer.principal.id, 'Key Vault Secrets User', scenario.vault.id);
    expectRefusal(await scenario.run(), 'vault-permission-missing');
    const passwords = [...scenario.box.directory.applications.values()].flatMap(
      (application) => application.passwordCredentials,
    );
    expect(passwords).toEqual([]);
    scenario.box.arm.assignments.assign(scenario.deployer.principal.id, 'Key Vault Secrets Officer', scenario.vault.id);
    expect((await scenario.run()).exitCode).toBe(0);
  });

  it('inside the cluster is named with both ways to give it', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), disableLocalAccounts: true } });
    expectRefusal(
      await scenario.run({ 'admin-group-object-ids': '' }),
      'cluster-access-denied',
      'az ad group member add',
      'Azure Kubernetes Service RBAC Cluster Admin',
    );
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it("inside the cluster is no obstacle where the admin group to be added is the identity's own", async () => {
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

  it('that may not be granted is a warning with the link for an administrator', async () => {
    const scenario = await unable();
    const result = await scenario.run();
    expect(result.exitCode).toBe(0);
    const link = `https://login.microsoftonline.com/${scenario.inputs['tenant-id']}/adminconsent?client_id=${result.outputs['app-client-id']}`;
    expect(result.warnings.join()).toContain(link);
    expect(result.summary).toContain(link);
    expect(result.outputs['changes']).not.toContain('admin consent');
  });

  it('that may not be granted fails where it was demanded', async () => {
    const scenario = await unable();
    expectRefusal(
      await scenario.run({ 'grant-admin-consent': 'true' }),
      'admin-consent-not-permitted',
      '/adminconsent?client_id=',
      'DelegatedPermissionGrant.ReadWrite.All',
    );
  });

  it('is left alone where it is not wanted', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ 'grant-admin-consent': 'false' });
    expect(result.exitCode).toBe(0);
    expect(scenario.box.directory.oauth2PermissionGrants.size).toBe(0);
  });
});

describe('a cluster that cannot work', () => {
  const refusals: readonly [string, JsonObject, string, string][] = [
    [
      'is stopped',
      { powerState: { code: 'Stopped' } },
      'cluster-stopped',
      'az aks start --resource-group rg-platform --name aks-demo',
    ],
    ['has no Kubernetes RBAC', { enableRBAC: false }, 'cluster-without-kubernetes-rbac', 'Kubernetes RBAC'],
    [
      'has the legacy integration',
      {
        aadProfile: {
          managed: false,
          clientAppID: 'a',
          serverAppID: 'b',
          tenantID: '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64',
        },
      },
      'cluster-legacy-entra',
      'az aks update',
    ],
    [
      'trusts another tenant',
      { aadProfile: { managed: true, tenantID: '00000000-1111-4222-8333-444444444444' } },
      'cluster-tenant-mismatch',
      '00000000-1111-4222-8333-444444444444',
    ],
  ];
  it.each(refusals)('%s', async (_, properties, id, fix) => {
    const scenario = await createScenario({ cluster: { ...properties } });
    expectRefusal(await scenario.run(), id, fix);
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('does not exist', async () => {
    const scenario = await createScenario();
    scenario.box.arm.clusters.clear();
    expectRefusal(await scenario.run(), 'cluster-not-found', 'aks-demo', 'az aks list');
  });

  it('stays busy until the time is over', async () => {
    const scenario = await createScenario();
    scenario.box.arm.changeCluster(scenario.clusterId, { provisioningState: 'Upgrading' });
    expectRefusal(await scenario.run({ 'wait-timeout': '3s' }), 'cluster-busy', 'wait-timeout');
  });

  it('fails its update, in the words of Azure', async () => {
    const scenario = await createScenario();
    scenario.box.arm.settings.nextFailure = { code: 'QuotaExceeded', message: 'Surge nodes do not fit the quota.' };
    expectRefusal(await scenario.run(), 'cluster-update-failed', 'Surge nodes do not fit the quota.');
    expect((await scenario.run()).exitCode).toBe(0);
  });
});

describe('the vault', () => {
  it('does not exist', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(
      await scenario.run({ 'key-vault-name': 'kv-elsewhere' }),
      'vault-not-found',
      'az keyvault create --name kv-elsewhere',
    );
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('keeps the runner out by its firewall', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.vault.firewallDenies = true;
    expectRefusal(await scenario.run(), 'vault-firewall', 'az keyvault network-rule add');
    expect(scenario.box.requests.writes()).toEqual([]);
  });
});

describe('the registration', () => {
  it('that is to be adopted does not exist', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(
      await scenario.run({ 'app-client-id': '00000000-1111-4222-8333-444444444444' }),
      'app-not-found',
      'az ad app show',
    );
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('may not have secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.box.directory.policy.passwordAddition = 'blocked';
    expectRefusal(await scenario.run(), 'app-secrets-forbidden', 'Credential type not allowed');
    expect(vaultSecrets(scenario)).toEqual([]);
  });
});

describe('an app management policy', () => {
  it('that shortens secrets says what to set', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.box.directory.policy.maximumPasswordLifetime = 30;
    expectRefusal(await scenario.run(), 'app-secret-lifetime-too-long', 'secret-lifetime');
    expect((await scenario.run({ 'secret-lifetime': '20d', 'rotate-before': '7d' })).exitCode).toBe(0);
  });
});

describe('helm', () => {
  it('of a version that is not supported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '2.17.0' }), 'helm-version-unsupported', '2.17.0');
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('that cannot be downloaded', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '3.15.9' }), 'helm-download-failed', 'get.helm.sh');
    expect(scenario.box.requests.writes()).toEqual([]);
  });

  it('finds no such chart', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'chart-version': '0.44.9' }), 'chart-not-found', '0.44.9');
    expect(scenario.box.requests.writes()).toEqual([]);
  });
});
