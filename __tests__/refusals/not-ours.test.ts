import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type JsonObject, object, put, text } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

/** A registration under the cluster's unique name that somebody else made, with the deploying identity as its owner. */
async function withClaimedName() {
  const scenario = await createScenario({ cluster: withEntra() });
  const id = `${scenario.subscriptionId}/${scenario.resourceGroup}/aks-demo`.toLowerCase();
  const claimed = scenario.emulator.directory.addApplication({
    displayName: 'headlamp-aks-demo',
    uniqueName: `headlamp-aks-demo-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`,
    owners: [scenario.deployer.principal.id],
  });
  return { scenario, claimed };
}

describe('a registration that somebody else prepared under the unique name of the cluster', () => {
  it('is neither changed nor consented to, also if the deploying identity is its only owner', async () => {
    const { scenario, claimed } = await withClaimedName();
    claimed.passwordCredentials = [
      {
        keyId: '11111111-2222-4333-8444-555555555555',
        displayName: 'headlamp-aks-entra 0123456789ab 01234567',
        startDateTime: '2026-01-01T00:00:00Z',
        endDateTime: '2030-01-01T00:00:00Z',
        hint: 'kno',
        secretText: 'known-to-somebody-else',
        createdAt: 0,
      },
    ];
    expectRefusal(await scenario.run(), 'app-not-ours', claimed.appId);
    expectRefusal(await scenario.run({ mode: 'plan' }), 'app-not-ours');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    const doctor = await scenario.run({ mode: 'doctor' });
    expect(doctor.error).toContain('app-not-ours');
    expect(doctor.error).not.toContain('owner add');
  });

  it('is adopted by its client ID, knowingly', async () => {
    const { scenario, claimed } = await withClaimedName();
    claimed.properties = put(claimed.properties, ['web', 'redirectUris'], ['https://evil.example/oidc-callback']);
    expectRefusal(await scenario.run(), 'app-not-ours', 'redirect URI https');
    const adopted = await scenario.run({ 'app-client-id': claimed.appId });
    expect(adopted.error).toBe('');
    expect(adopted.outputs['app-client-id']).toBe(claimed.appId);
  });

  it('is left alone by mode destroy', async () => {
    const { scenario, claimed } = await withClaimedName();
    claimed.owners.add(scenario.emulator.directory.addManagedIdentity('somebody-else').id);
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(result.output).toContain("may not be this action's");
    expect(claimed.deletedAt).toBeUndefined();
  });
});

async function deployed(inputs: Readonly<Record<string, string>> = {}): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() });
  expect((await scenario.run(inputs)).error).toBe('');
  return scenario;
}

/** Changes an object in the cluster, as somebody with kubectl does. */
function change({ cluster }: Scenario, kind: string, name: RegExp, by: (found: JsonObject) => JsonObject): void {
  const found = cluster.list(kind).find((candidate) => name.test(text(candidate, 'metadata', 'name') ?? ''));
  if (!found) throw new Error(`There is no ${kind} ${name}.`);
  cluster.put(kind, by(found));
}

describe('what somebody else made in the cluster', () => {
  it('as a Helm release is not upgraded, rotated or destroyed', async () => {
    const scenario = await deployed();
    change(scenario, 'Secret', /^sh\.helm\.release/, (found) => {
      const { 'headlamp-aks-entra': _, ...labels } = object(found, 'metadata', 'labels');
      return put(found, ['metadata', 'labels'], labels);
    });
    for (const mode of ['deploy', 'rotate', 'plan'])
      expectRefusal(await scenario.run({ mode }), 'release-not-ours', 'headlamp-aks-entra=adopted');
    const destroyed = await scenario.run(DESTROY);
    expect(destroyed.error).toBe('');
    expect(destroyed.output).toContain('was not deployed by this action');
  });

  it('as a Secret is not written over', async () => {
    const scenario = await deployed();
    change(scenario, 'Secret', /^headlamp-oidc-entra$/, (found) => put(found, ['metadata', 'labels'], {}));
    const result = await scenario.run({ rotate: 'force' });
    expectRefusal(result, 'secret-not-ours', 'kubectl --namespace headlamp label secret headlamp-oidc-entra');
    expect(vaultSecrets(scenario)).toHaveLength(1);
  });

  it('as a role binding with the name of ours, and another role, is given nobody', async () => {
    const access = { access: 'view: 07b60d9e-9d21-4b3a-ad56-67b545d72bf9' };
    const scenario = await deployed(access);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    change(scenario, 'ClusterRoleBinding', /:view$/, (found) => put(found, ['roleRef'], roleRef));
    expectRefusal(await scenario.run(access), 'role-binding-not-ours', 'cluster-admin');
    expect((await scenario.run(DESTROY)).output).toContain('binds a role that this action did not set');
  });

  it('as a role binding with the name and the role of ours is taken over once somebody labels it', async () => {
    const group = '07b60d9e-9d21-4b3a-ad56-67b545d72bf9';
    const access = { access: `view: ${group}` };
    const scenario = await deployed(access);
    const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'somebody' }];
    const label = (labels: JsonObject) =>
      change(scenario, 'ClusterRoleBinding', /:view$/, (found) => put(found, ['metadata', 'labels'], labels));
    change(scenario, 'ClusterRoleBinding', /:view$/, (found) => put(found, ['subjects'], subjects));
    label({});
    const name = 'headlamp-aks-entra:headlamp:headlamp-oidc:view';
    const command = `kubectl label clusterrolebinding ${name} --overwrite app.kubernetes.io/managed-by=headlamp-aks-entra`;
    expectRefusal(await scenario.run(access), 'role-binding-not-ours', command);
    label({ 'app.kubernetes.io/managed-by': 'headlamp-aks-entra' });
    expect((await scenario.run(access)).error).toBe('');
    expect(scenario.cluster.get('ClusterRoleBinding', '', name)).toMatchObject({ subjects: [{ name: group }] });
  });

  it('as a role with the name of the one to list namespaces is bound to nobody until somebody labels it', async () => {
    const access = {
      access: 'view: [{group: 07b60d9e-9d21-4b3a-ad56-67b545d72bf9, namespaces: [default]}]',
      'list-namespaces': 'true',
    };
    const scenario = await deployed();
    const name = 'headlamp-aks-entra:Namespaces:headlamp:headlamp-oidc';
    const theirs = (labels: JsonObject) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { admin: 'true' } }] },
      rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
    });
    scenario.cluster.put('ClusterRole', theirs({}));
    expectRefusal(await scenario.run(access), 'role-binding-not-ours', `kubectl label clusterrole ${name} --overwrite`);
    expect(scenario.cluster.get('ClusterRoleBinding', '', name)).toBeUndefined();
    scenario.cluster.put('ClusterRole', theirs({ 'app.kubernetes.io/managed-by': 'headlamp-aks-entra' }));
    expect((await scenario.run(access)).error).toBe('');
    const role = scenario.cluster.get('ClusterRole', '', name);
    expect(role).toMatchObject({ rules: [{ resources: ['namespaces'] }] });
    expect(role).not.toHaveProperty('aggregationRule');
  });

  it('as keys in our Secret goes, as the pods would have them as variables', async () => {
    const scenario = await deployed();
    const evil = Buffer.from('/tmp/x.so').toString('base64');
    change(scenario, 'Secret', /^headlamp-oidc-entra$/, (found) => put(found, ['data', 'LD_PRELOAD'], evil));
    expect((await scenario.run()).error).toBe('');
    const secret = scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');
    expect(Object.keys(object(secret, 'data'))).not.toContain('LD_PRELOAD');
  });
});

describe('the local administrator of a cluster', () => {
  it('is not used if local-admin is forbid', async () => {
    const scenario = await createScenario();
    const inputs = { 'admin-group-object-ids': '' };
    const forbidden = await scenario.run({ ...inputs, 'local-admin': 'forbid' });
    expect(forbidden.error).toMatch(/^local-admin-forbidden: /);
    const warned = await scenario.run(inputs);
    expect(warned.error).toBe('');
    expect(warned.output).toContain("Working as the cluster's local administrator");
  });
});
