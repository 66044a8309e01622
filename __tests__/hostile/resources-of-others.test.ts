import { describe, expect, it } from 'vitest';
import { type JsonObject, put, stringMap } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, releases, type Scenario, withEntra } from '../scenarios/scenario.ts';

const GROUP = '66666666-7777-8888-9999-000000000000';
const ACCESS = { access: `view: ${GROUP}` };
const BINDING = 'headlamp-aks-entra:headlamp:headlamp-oidc:view';
const LABELS = { 'app.kubernetes.io/managed-by': 'headlamp-aks-entra', 'app.kubernetes.io/part-of': 'headlamp' };
const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

const secretOf = ({ cluster }: Scenario) => cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra');

describe('a Helm release with the name of ours', () => {
  it('that this action did not deploy is neither upgraded nor destroyed', async () => {
    const scenario = await createDeployed();
    const record = releases(scenario)[0]?.secret ?? {};
    const { 'headlamp-aks-entra': _, ...labels } = stringMap(record, 'metadata', 'labels');
    scenario.cluster.put('Secret', put(record, ['metadata', 'labels'], labels));
    expectRefusal(await scenario.run({ values: 'replicaCount: 2' }), 'release-not-ours', 'headlamp-oidc');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    await scenario.run(DESTROY);
    expect(releases(scenario)).toHaveLength(1);
  });
});

describe('a Kubernetes Secret with the name of ours', () => {
  it('that this action did not make is neither changed nor destroyed', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { cluster, emulator } = scenario;
    const metadata = { name: 'headlamp-oidc-entra', namespace: 'headlamp' };
    cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } });
    cluster.put('Secret', { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: { LD_PRELOAD: 'eA==' } });
    const before = secretOf(scenario);
    expectRefusal(await scenario.run(), 'secret-not-ours', 'headlamp-oidc-entra');
    expect(emulator.requests.writes()).toEqual([]);
    await scenario.run(DESTROY);
    expect(secretOf(scenario)).toEqual(before);
  });

  it('that is ours loses the keys that somebody added, as each becomes a variable of the pod', async () => {
    const scenario = await createDeployed();
    const own = secretOf(scenario) ?? {};
    scenario.cluster.put('Secret', put(own, ['data', 'LD_PRELOAD'], 'L3RtcC94'));
    expect((await scenario.run()).error).toBe('');
    expect(Object.keys(stringMap(secretOf(scenario), 'data')).sort()).toEqual(
      Object.keys(stringMap(own, 'data')).sort(),
    );
  });
});

describe('a ClusterRoleBinding with the name of ours', () => {
  const forged = (subject: string, labels: Readonly<Record<string, string>>): JsonObject => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: BINDING, labels },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: subject }],
  });

  it.for([
    ['with our label and the wanted group', forged(GROUP, LABELS)],
    ['with our label and another group', forged('somebody', LABELS)],
    ['without our label', forged('somebody', {})],
  ] as const)('and another role, %s, ends the run, and nobody is added to it', async ([, binding]) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { cluster } = scenario;
    cluster.put('ClusterRoleBinding', binding);
    expectRefusal(await scenario.run(ACCESS), 'role-binding-not-ours', BINDING);
    const found = cluster.get('ClusterRoleBinding', '', BINDING);
    expect(found).toMatchObject({ roleRef: binding['roleRef'], subjects: binding['subjects'] });
  });
});
