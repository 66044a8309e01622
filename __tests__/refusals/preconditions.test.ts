import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, registration, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

describe('a cluster that Headlamp cannot be deployed to', () => {
  const refusals: readonly [string, JsonObject, string, string][] = [
    [
      'because it is stopped',
      { powerState: { code: 'Stopped' } },
      'cluster-stopped',
      'az aks start --resource-group rg-platform --name aks-demo',
    ],
    ['because it has no Kubernetes RBAC', { enableRBAC: false }, 'cluster-without-kubernetes-rbac', 'Kubernetes RBAC'],
    [
      'because it has the legacy Entra integration',
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
      'because it trusts another tenant',
      { aadProfile: { managed: true, tenantID: '00000000-1111-4222-8333-444444444444' } },
      'cluster-tenant-mismatch',
      '00000000-1111-4222-8333-444444444444',
    ],
  ];
  it.each(refusals)('is refused %s', async (_, properties, id, fix) => {
    const scenario = await createScenario({ cluster: { ...properties } });
    expectRefusal(await scenario.run(), id, fix);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is reported if it does not exist', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.clusters.clear();
    expectRefusal(await scenario.run(), 'cluster-not-found', 'aks-demo', 'az aks list');
  });

  it('is reported as busy if its operation outlasts wait-timeout', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.changeCluster(scenario.clusterId, { provisioningState: 'Upgrading' });
    expectRefusal(await scenario.run({ 'wait-timeout': '15s' }), 'cluster-busy', 'wait-timeout');
  });

  it("is reported with Azure's own message if its update fails", async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.settings.nextFailure = {
      code: 'QuotaExceeded',
      message: 'Surge nodes do not fit the quota.',
    };
    expectRefusal(await scenario.run(), 'cluster-update-failed', 'Surge nodes do not fit the quota.');
    expect((await scenario.run()).exitCode).toBe(0);
  });
});

describe('a vault that cannot be used', () => {
  it('is reported if it does not exist', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(
      await scenario.run({ 'key-vault-name': 'kv-elsewhere' }),
      'vault-not-found',
      'az keyvault create --name kv-elsewhere',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is reported if its firewall blocks the runner', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.vault.firewallDenies = true;
    expectRefusal(await scenario.run(), 'vault-firewall', 'az keyvault network-rule add');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('an app registration that cannot be used', () => {
  it('is reported if no registration has the app-client-id', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(
      await scenario.run({ 'app-client-id': '00000000-1111-4222-8333-444444444444' }),
      'app-not-found',
      'az ad app show',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is reported if policy forbids client secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.passwordAddition = 'blocked';
    expectRefusal(await scenario.run(), 'app-secrets-forbidden', 'Credential type not allowed');
    expect(vaultSecrets(scenario)).toEqual([]);
  });
});

describe('an app management policy', () => {
  it('that limits the lifetime gets the longest allowed, which is not due for rotation at once', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.maximumPasswordLifetime = 29;
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.warnings).toContainEqual(expect.stringMatching(/policy of the tenant allows 29 days, not 90/));
    const passwords = registration(scenario).passwordCredentials;
    expect(passwords.map(({ keyId }) => keyId)).toEqual([vaultSecrets(scenario)[0]?.tags['entra-key-id']]);
    const life = Date.parse(passwords[0]?.endDateTime ?? '') - Date.parse(passwords[0]?.startDateTime ?? '');
    expect(Math.round(life / 86_400_000)).toBe(29);
    expect((await scenario.run({ mode: 'rotate' })).outputs['changes']).toBe('[]');
  });

  it('that allows client secrets for less than a day is reported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.maximumPasswordLifetime = 0.5;
    expectRefusal(await scenario.run(), 'app-secret-lifetime-too-long', 'does not allow a lifetime of 1 day:');
    expect(registration(scenario).passwordCredentials).toEqual([]);
  });
});

describe('helm', () => {
  it('of an unsupported version is refused', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '2.17.0' }), 'helm-version-unsupported', '2.17.0');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that cannot be downloaded is reported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '3.15.9' }), 'helm-download-failed', 'get.helm.sh');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that does not find the chart version is reported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'chart-version': '0.44.9' }), 'chart-not-found', '0.44.9');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that downloads another chart than the one whose digest is stated installs nothing', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const digest = '0'.repeat(64);
    expectRefusal(await scenario.run({ 'chart-digest': digest }), 'chart-digest-mismatch', digest);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
