import { describe, expect, it } from 'vitest';
import { stringMap, text } from '../../emulator/lib/json.ts';
import { expectRefusal } from './refusal.ts';
import {
  createDeployed,
  createScenario,
  pods,
  registration,
  releases,
  type Scenario,
  vaultSecrets,
  withEntra,
} from './scenario.ts';

const DAY = 24 * 60 * 60 * 1000;

const newest = (scenario: Scenario) => vaultSecrets(scenario).at(-1);
const inCluster = (scenario: Scenario) =>
  Buffer.from(
    stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data')['OIDC_CLIENT_SECRET'] ?? '',
    'base64',
  ).toString();
const keyIds = (scenario: Scenario) => registration(scenario).passwordCredentials.map(({ keyId }) => keyId);

/** The one secret is in the vault, on the registration, in the cluster, and what the pods started with. */
function expectOneSecretEverywhere(scenario: Scenario): void {
  const secret = newest(scenario);
  expect(keyIds(scenario)).toEqual([secret?.tags['entra-key-id']]);
  expect(inCluster(scenario)).toBe(secret?.value);
  const annotation = 'headlamp-aks-entra/client-secret-revision';
  const revision = text(
    scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'),
    'metadata',
    'annotations',
    annotation,
  );
  expect(
    scenario.cluster.list('Pod', 'headlamp').map((pod) => text(pod, 'metadata', 'annotations', annotation)),
  ).toEqual([revision]);
}

/** Lets the password's life on the registration be nearly over, as if it had been made long ago. */
function age(scenario: Scenario, daysLeft: number): void {
  const application = registration(scenario);
  const endDateTime = new Date(Date.now() + daysLeft * DAY).toISOString();
  application.passwordCredentials = application.passwordCredentials.map((password) => ({ ...password, endDateTime }));
}

describe('the client secret', () => {
  it('is kept while it is valid for longer than rotate-before', async () => {
    const scenario = await createDeployed();
    age(scenario, 31);
    expect((await scenario.run()).outputs).toMatchObject({ 'secret-rotated': 'false', changed: 'false' });
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('is replaced before it expires: pods restart, Helm adds no revision, the old one is removed last', async () => {
    const scenario = await createDeployed();
    const before = { pods: pods(scenario), keyIds: keyIds(scenario) };
    age(scenario, 29);
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({ 'secret-rotated': 'true', 'release-revision': '1' });
    expectOneSecretEverywhere(scenario);
    expect(keyIds(scenario)).not.toEqual(before.keyIds);
    expect(pods(scenario)).not.toEqual(before.pods);
    const order = scenario.emulator.requests
      .writes()
      .slice(-6)
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, '').split('/').at(-1)}`);
    expect(order.at(-1)).toBe('POST removePassword');
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('is replaced with rotate force, and never with rotate never', async () => {
    const scenario = await createDeployed();
    expect((await scenario.run({ rotate: 'force' })).outputs['secret-rotated']).toBe('true');
    expectOneSecretEverywhere(scenario);
    age(scenario, 1);
    const kept = await scenario.run({ rotate: 'never' });
    expect(kept.outputs['secret-rotated']).toBe('false');
    expect(kept.warnings).toEqual([expect.stringContaining('is not replaced, because rotate is never')]);
    expect(kept.summary).toContain('The client secret expires soon');
    const fresh = await createScenario({ cluster: withEntra() });
    expect((await fresh.run({ rotate: 'never' })).error).toMatch(/^client-secret-missing: /);
    expect(fresh.emulator.requests.writes()).toEqual([]);
  });

  it('is not affected by vault tags that somebody changed', async () => {
    const scenario = await createDeployed();
    const stored = newest(scenario);
    if (!stored) throw new Error('The vault is empty.');
    const tags = { ...stored.tags, 'entra-service-principal-id': "elsewhere' or clientId ne '" };
    scenario.emulator.keyVault.secrets('kv-platform').set('headlamp-aks-demo-client-secret', { ...stored, tags });
    scenario.emulator.requests.clear();
    expect((await scenario.run()).outputs['changes']).toBe('[]');
    expect(scenario.emulator.requests.all().map(({ path }) => path)).not.toContainEqual(
      expect.stringContaining('elsewhere'),
    );
  });

  it('is replaced when Entra refuses it', async () => {
    const scenario = await createDeployed();
    registration(scenario).passwordCredentials = [];
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.outputs['changes']).toContain('Entra refuses the one in the vault');
    expectOneSecretEverywhere(scenario);
  });

  it('is recovered when somebody deleted it from the vault', async () => {
    const scenario = await createDeployed();
    const value = newest(scenario)?.value;
    scenario.emulator.keyVault.secrets('kv-platform').delete('headlamp-aks-demo-client-secret');
    scenario.emulator.clock.advance(1_000);
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(newest(scenario)?.value).toBe(value);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it.each([
    ['half a minute', 35_000],
    ['long', 0],
  ])(
    'is recovered by the write itself if deleted secrets cannot be read, %s after its deletion',
    async (_, duration) => {
      const scenario = await createDeployed();
      scenario.emulator.keyVault.settings.transitionDuration = duration;
      scenario.emulator.keyVault.secrets('kv-platform').delete('headlamp-aks-demo-client-secret');
      scenario.emulator.faults.add({
        matches: ({ method, url }) => method === 'GET' && url.pathname.startsWith('/deletedsecrets/'),
        times: 1,
        fault: {
          kind: 'status',
          status: 403,
          headers: { 'content-type': 'application/json' },
          body: { error: { code: 'Forbidden', message: 'No.', innererror: { code: 'ForbiddenByRbac' } } },
        },
      });
      const result = await scenario.run();
      expect(result.error).toBe('');
      expect(vaultSecrets(scenario)).toHaveLength(2);
      expectOneSecretEverywhere(scenario);
    },
  );

  it('is replaced when somebody disabled it in the vault', async () => {
    const scenario = await createDeployed();
    scenario.emulator.keyVault.secrets('kv-platform').disable('headlamp-aks-demo-client-secret');
    expect((await scenario.run()).error).toBe('');
    expectOneSecretEverywhere(scenario);
  });

  it('is restored in the cluster when somebody changed it there', async () => {
    const scenario = await createDeployed();
    const secret = scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra') ?? {};
    scenario.cluster.put('Secret', {
      ...secret,
      data: { ...stringMap(secret, 'data'), OIDC_CLIENT_SECRET: Buffer.from('something else').toString('base64') },
    });
    const result = await scenario.run();
    expect(JSON.parse(result.outputs['changes'] ?? '')).toMatchObject([
      { resource: 'kubernetes secret', action: 'update', detail: 'headlamp-oidc-entra: OIDC_CLIENT_SECRET' },
      { resource: 'rollout', action: 'restart' },
    ]);
    expectOneSecretEverywhere(scenario);
    expect(releases(scenario)).toHaveLength(1);
  });

  it('waits until Entra has replicated new objects and accepts new secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.directory.settings.replicationLag = 3_000;
    scenario.emulator.directory.settings.passwordLag = 4_000;
    expect((await scenario.run()).error).toBe('');
    expectOneSecretEverywhere(scenario);
    expect(registration(scenario)).toBeDefined();
  });

  it('cannot be added to a registration that has the maximum of secrets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { directory } = scenario.emulator;
    directory.settings.passwordLimit = 0;
    expectRefusal(await scenario.run(), 'app-secret-limit', 'az ad app credential list');
    directory.settings.passwordLimit = 1;
    expect((await scenario.run()).error).toBe('');
  });

  it('is left unchanged if Entra cannot be asked about it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const principal = scenario.emulator.directory.servicePrincipal(registration(scenario).appId);
    if (!principal) throw new Error('The deployment made no service principal.');
    principal.properties = { ...principal.properties, accountEnabled: false };
    expectRefusal(await scenario.run(), 'client-secret-refused', 'AADSTS7000112');
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('is named with the command that recovers it if it is deleted and may not be recovered', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer, subscriptionId, resourceGroup } = scenario;
    const accessPolicies = { [deployer.principal.id]: ['get', 'set', 'delete', 'list'] };
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-policies', rbac: false, accessPolicies });
    const inputs = { 'key-vault-name': 'kv-policies' };
    expect((await scenario.run(inputs)).error).toBe('');
    emulator.keyVault.secrets('kv-policies').delete('headlamp-aks-demo-client-secret');
    // Nobody can tell beforehand.
    emulator.arm.assignments.revoke(deployer.principal.id, 'Reader');
    emulator.clock.advance(emulator.keyVault.settings.transitionDuration);
    expectRefusal(await scenario.run(inputs), 'vault-secret-not-recoverable', 'az keyvault secret recover');
  });
});
