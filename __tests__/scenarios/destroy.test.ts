import { describe, expect, it } from 'vitest';
import { put, stringMap } from '../../emulator/lib/json.ts';
import { expectConverged } from './converged.ts';
import { ACCESS, DESTROY, deployed, expectDestroyed, live, SECRET, vaultHas } from './destroyed.ts';
import { expectRefusal } from './refusal.ts';
import {
  createScenario,
  leavePending,
  registration,
  releases,
  type Scenario,
  vaultSecrets,
  withEntra,
} from './scenario.ts';
import { shared } from './shared.ts';

const changes = (outputs: Readonly<Record<string, string>>): readonly { resource: string; action: string }[] =>
  JSON.parse(outputs['changes'] ?? '');

describe('mode destroy', () => {
  it('needs confirm-destroy, and fails without it before any request', async () => {
    const scenario = await createScenario();
    expectRefusal(await scenario.run({ mode: 'destroy' }), 'invalid-inputs', '- confirm-destroy: ', '"aks-demo"');
    expectRefusal(await scenario.run({ ...DESTROY, 'confirm-destroy': 'aks-demo2' }), 'invalid-inputs', 'aks-demo2');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  const destroyed = shared(async (atEnd) => {
    const scenario = await deployed({}, atEnd);
    const before = scenario.record.model;
    return { scenario, before, result: await scenario.run(DESTROY) };
  });

  it('removes what the action created, and keeps the cluster, its Entra integration and the vault', () => {
    const { scenario, before, result } = destroyed();
    expect(result.error).toBe('');
    expect(changes(result.outputs).map(({ resource, action }) => `${action} ${resource}`)).toEqual([
      'delete release',
      'delete access',
      'delete kubernetes secret',
      'delete application',
      'delete client secret',
      'delete namespace',
    ]);
    expect(result.outputs).toMatchObject({ changed: 'true', 'entra-changed': 'true', 'app-client-id': '' });
    expect(result.summary).toContain('destroyed');
    expectDestroyed(scenario);
    expect(scenario.record.model).toEqual(before);
    expect(scenario.emulator.arm.vaults.size).toBe(1);
  });

  it('does not read the client secret', () => {
    const reads = destroyed()
      .scenario.emulator.requests.all()
      .filter(({ method, path }) => method === 'GET' && path.includes(SECRET));
    const paths = [`/secrets/${SECRET}/versions`, `/deletedsecrets/${SECRET}`];
    expect([...new Set(reads.map(({ path }) => path.split('?')[0]))]).toEqual(paths);
  });

  it('with nothing to destroy writes nothing and succeeds', async () => {
    const scenario = await createScenario();
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({ changed: 'false', changes: '[]' });
    expect(result.summary).toContain('nothing to destroy');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('removes the rest if the cluster is gone', async () => {
    const scenario = await deployed();
    scenario.emulator.arm.clusters.clear();
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(result.warnings.join()).toContain('There is no AKS cluster aks-demo');
    expect(live(scenario)).toEqual([scenario.deployer.application]);
    expect(vaultHas(scenario)).toBe(false);
  });

  it('leaves the vault alone if key-vault-name is not set, and says so', async () => {
    const scenario = await deployed();
    const result = await scenario.run({ ...DESTROY, 'key-vault-name': '' });
    expect(result.error).toBe('');
    expect(result.summary).toContain('the vault is left alone');
    expect(vaultHas(scenario)).toBe(true);
    expect(scenario.emulator.requests.all().filter(({ service }) => service === 'keyvault')).toEqual([]);
  });

  it('removes a release that was left pending', async () => {
    const scenario = await deployed();
    leavePending(scenario, 'pending-upgrade');
    expect((await scenario.run(DESTROY)).error).toBe('');
    expectDestroyed(scenario);
  });
});

describe('what the action did not create is kept by mode destroy:', () => {
  it.each([
    ['ConfigMap', 'v1'],
    // Its group prefers another version, which does not have this type.
    ['TCPRoute', 'gateway.networking.k8s.io/v1alpha2'],
  ])('other objects in the namespace, and the namespace with them (%s)', async (kind, apiVersion) => {
    const scenario = await deployed();
    const metadata = { name: 'notes', namespace: 'headlamp' };
    scenario.cluster.put(kind, { apiVersion, kind, metadata });
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(result.summary).toContain(`namespace headlamp has other objects in it: ${kind} notes`);
    expect(scenario.cluster.get(kind, 'headlamp', 'notes')).toBeDefined();
    expect(scenario.cluster.list('Deployment', 'headlamp')).toEqual([]);
    expect(changes(result.outputs).map(({ resource }) => resource)).not.toContain('namespace');
  });

  it('a namespace that existed before', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } };
    scenario.cluster.put('Namespace', namespace);
    await scenario.run();
    expect((await scenario.run(DESTROY)).summary).toContain('namespace headlamp was not created by this action');
    expect(scenario.cluster.get('Namespace', '', 'headlamp')).toBeDefined();
  });

  it('an adopted registration, except for the client secrets that the action added', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer } = scenario;
    const adopted = emulator.directory.addApplication({
      displayName: 'Platform sign-in',
      owners: [deployer.principal.id],
    });
    const inputs = { 'app-client-id': adopted.appId };
    expect((await scenario.run(inputs)).error).toBe('');
    const [own] = adopted.passwordCredentials;
    if (!own) throw new Error('The deployment made no password.');
    const foreign = { ...own, keyId: '00000000-1111-4222-8333-444444444444', displayName: 'by hand' };
    adopted.passwordCredentials = [own, foreign];
    const result = await scenario.run({ ...DESTROY, ...inputs });
    expect(result.error).toBe('');
    expect(adopted.deletedAt).toBeUndefined();
    expect(adopted.passwordCredentials).toEqual([foreign]);
    expect(result.summary).toContain('Platform sign-in');
  });

  it('a vault secret with a version by somebody else, and a release and a Secret of the same names', async () => {
    const scenario = await deployed();
    scenario.emulator.keyVault.secrets(scenario.vault.name).set(SECRET, {
      ...{ value: 'by-hand', contentType: undefined, tags: {}, enabled: true, exp: undefined, nbf: undefined },
    });
    const record = releases(scenario)[0]?.secret ?? {};
    const { 'headlamp-aks-entra': _, ...labels } = stringMap(record, 'metadata', 'labels');
    scenario.cluster.put('Secret', put(record, ['metadata', 'labels'], labels));
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(result.summary).toContain('has versions that this action did not write');
    expect(result.summary).toContain('Helm release headlamp-oidc was not deployed by this action');
    expect(vaultSecrets(scenario)).toHaveLength(2);
    expect(vaultHas(scenario)).toBe(true);
    expect(releases(scenario)).toHaveLength(1);
  });
});

/** A vault that knows nothing of the deployment before. */
function anotherVault({ emulator, deployer, subscriptionId, resourceGroup }: Scenario) {
  const vault = emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-other' });
  emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Secrets Officer', vault.id);
  return { 'key-vault-name': vault.name };
}

describe('a deployment after mode destroy', () => {
  it.each([400, 409])(
    'restores the registration that the vault secret records; Graph refuses its name with %i',
    async (status) => {
      const scenario = await deployed();
      const { appId } = registration(scenario);
      await scenario.run(DESTROY);
      scenario.emulator.rewrites.add((_, answer) =>
        JSON.stringify(answer.body ?? '').includes('uniqueName already exists') ? { ...answer, status } : undefined,
      );
      const result = await scenario.run(ACCESS);
      expect(result.error).toBe('');
      expect(result.outputs['app-client-id']).toBe(appId);
      expectConverged(scenario);
      expect((await scenario.run(ACCESS)).outputs['changes']).toBe('[]');
    },
  );

  it('goes on if the answers to a recovery of the vault secret and of the registration are lost', async () => {
    const scenario = await deployed();
    const { appId } = registration(scenario);
    await scenario.run(DESTROY);
    for (const recovery of [/\/deletedsecrets\/[^/]+\/recover$/, /\/deletedItems\/[^/]+\/restore$/])
      scenario.emulator.faults.add({
        matches: ({ method, url }) => method === 'POST' && recovery.test(url.pathname),
        times: 1,
        fault: { kind: 'lost' },
      });
    const result = await scenario.run(ACCESS);
    expect(result.error).toBe('');
    expect(result.outputs['app-client-id']).toBe(appId);
    expectConverged(scenario);
  });

  it('finds the deleted registration by name, on any page, if the identity may read all applications', async () => {
    const scenario = await deployed();
    const { directory, clock } = scenario.emulator;
    directory.grantAppRole(scenario.deployer.principal, 'Application.ReadWrite.All');
    const { appId, id } = registration(scenario);
    for (let other = 0; other < 1_000; other += 1)
      directory.addApplication({ displayName: `other ${other}` }).deletedAt = clock.now();
    // Listed last.
    const own = directory.applications.get(id);
    directory.applications.delete(id);
    if (own) directory.applications.set(id, own);
    await scenario.run({ ...DESTROY, 'key-vault-name': '' });
    // The vault that knew its client secret is not looked at any more, so nothing says whose they are.
    const vault = anotherVault(scenario);
    expectRefusal(await scenario.run(vault), 'app-not-ours', appId);
    const result = await scenario.run({ ...vault, 'app-client-id': appId });
    expect(result.error).toBe('');
    expect(result.outputs['app-client-id']).toBe(appId);
  });

  it('says how to restore a registration that it cannot find', async () => {
    const scenario = await deployed();
    await scenario.run({ ...DESTROY, 'key-vault-name': '' });
    expectRefusal(await scenario.run(anotherVault(scenario)), 'app-deleted', 'az rest', '/restore');
  });
});
