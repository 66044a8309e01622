import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, registration, vaultSecrets, withEntra } from './scenario.ts';

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
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('does not exist', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.clusters.clear();
    expectRefusal(await scenario.run(), 'cluster-not-found', 'aks-demo', 'az aks list');
  });

  it('stays busy until the time is over', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.changeCluster(scenario.clusterId, { provisioningState: 'Upgrading' });
    expectRefusal(await scenario.run({ 'wait-timeout': '15s' }), 'cluster-busy', 'wait-timeout');
  });

  it('fails its update, in the words of Azure', async () => {
    const scenario = await createScenario();
    scenario.emulator.arm.settings.nextFailure = {
      code: 'QuotaExceeded',
      message: 'Surge nodes do not fit the quota.',
    };
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
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('keeps the runner out by its firewall', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.vault.firewallDenies = true;
    expectRefusal(await scenario.run(), 'vault-firewall', 'az keyvault network-rule add');
    expect(scenario.emulator.requests.writes()).toEqual([]);
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
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('may not have secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.passwordAddition = 'blocked';
    expectRefusal(await scenario.run(), 'app-secrets-forbidden', 'Credential type not allowed');
    expect(vaultSecrets(scenario)).toEqual([]);
  });
});

describe('an app management policy', () => {
  it('that shortens secrets gets the longest it allows, which is not due at once', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.maximumPasswordLifetime = 29;
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.warnings).toEqual([expect.stringMatching(/policy of the tenant allows 29 days, not 90/)]);
    const passwords = registration(scenario).passwordCredentials;
    expect(passwords.map(({ keyId }) => keyId)).toEqual([vaultSecrets(scenario)[0]?.tags['entra-key-id']]);
    const life = Date.parse(passwords[0]?.endDateTime ?? '') - Date.parse(passwords[0]?.startDateTime ?? '');
    expect(Math.round(life / 86_400_000)).toBe(29);
    expect((await scenario.run({ mode: 'rotate' })).outputs['changes']).toBe('[]');
  });

  it('that allows them for less than a day', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.policy.maximumPasswordLifetime = 0.5;
    expectRefusal(await scenario.run(), 'app-secret-lifetime-too-long', 'does not allow 1 day:');
    expect(registration(scenario).passwordCredentials).toEqual([]);
  });
});

describe('helm', () => {
  it('of a version that is not supported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '2.17.0' }), 'helm-version-unsupported', '2.17.0');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that cannot be downloaded', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'helm-version': '3.15.9' }), 'helm-download-failed', 'get.helm.sh');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('finds no such chart', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ 'chart-version': '0.44.9' }), 'chart-not-found', '0.44.9');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
