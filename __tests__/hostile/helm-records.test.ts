import { describe, expect, it } from 'vitest';
import { type JsonObject, put } from '../../emulator/lib/json.ts';
import { releases } from '../../emulator/worlds/deployed.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, leavePending, type Scenario, withEntra } from '../scenarios/scenario.ts';
import { forgeManifest, forgeRecord, recordFromNothing, writeRecord } from './helm-record.ts';

const binding = (name: string): JsonObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'attacker' }],
});

/** A ConfigMap of other people in a namespace of theirs. */
const NOTES: JsonObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'notes', namespace: 'other' },
  data: { key: 'value' },
};

/** Adds objects to the manifest of Helm's newest record; JSON is YAML. */
const addToRecord = (scenario: Scenario, ...objects: readonly JsonObject[]) =>
  forgeManifest(scenario, (manifest) => [manifest, ...objects.map((one) => JSON.stringify(one))].join('\n---\n'));

const withBinding = (manifest: unknown) => `${manifest}\n---\n${JSON.stringify(binding('operators'))}\n`;

/** Ways to name an object so that Helm sees it, and a reader that is not Helm's may not. */
const HIDDEN: readonly (readonly [how: string, hide: (scenario: Scenario) => void])[] = [
  [
    'in a field whose name has another case',
    (scenario) => forgeRecord(scenario, (record) => ({ ...record, Manifest: withBinding(record['manifest']) })),
  ],
  [
    'in a field whose name has a letter that is the same in another case',
    (scenario) => forgeRecord(scenario, (record) => ({ ...record, manife\u017ft: withBinding(record['manifest']) })),
  ],
  [
    'before a field that is null, which Go takes for none',
    (scenario) =>
      writeRecord(scenario, (record) => {
        const all = JSON.stringify({ ...record, manifest: withBinding(record['manifest']) });
        return `${all.slice(0, -1)},"manifest":null}`;
      }),
  ],
  [
    'in a record that is larger than what this action unpacks',
    (scenario) =>
      writeRecord(scenario, (record) => {
        const all = JSON.stringify({ ...record, manifest: withBinding(record['manifest']) });
        return `${all}${' '.repeat(33 * 1024 * 1024)}`;
      }),
  ],
  [
    'by a key for merging',
    (scenario) =>
      addToRecord(scenario, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'operators' },
        '<<': binding('operators'),
      }),
  ],
  [
    'after a separator that is none in YAML',
    (scenario) =>
      forgeManifest(
        scenario,
        (manifest) =>
          `${manifest}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    b\n\n---${JSON.stringify(binding('operators'))}\n`,
      ),
  ],
  [
    'as an item of a ConfigMap',
    (scenario) =>
      addToRecord(scenario, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a' },
        items: [binding('operators')],
      }),
  ],
];

describe('a Helm record that names what is of others', () => {
  it.for(HIDDEN.flatMap(([how, hide]) => [[how, 'upgrade', hide] as const, [how, 'destroy', hide] as const]))(
    '%s makes no %s delete it',
    async ([, what, hide]) => {
      const scenario = await createDeployed();
      scenario.cluster.put('ClusterRoleBinding', binding('operators'));
      hide(scenario);
      const inputs =
        what === 'upgrade' ? { values: 'replicaCount: 2' } : { mode: 'destroy', 'confirm-destroy': 'aks-demo' };
      expectRefusal(await scenario.run(inputs), 'release-not-ours', 'find out who wrote the record');
      expect(scenario.cluster.get('ClusterRoleBinding', '', 'operators')).toBeDefined();
    },
  );

  it('and appears while the first deployment is under way makes it delete nothing', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { cluster, emulator } = scenario;
    cluster.put('ClusterRoleBinding', binding('operators'));
    emulator.faults.onExecuted(({ method, url }) => {
      if (method === 'POST' && url.pathname.endsWith('/api/v1/namespaces') && !url.searchParams.has('dryRun'))
        cluster.put('Secret', recordFromNothing(binding('operators')));
    });
    expectRefusal(await scenario.run(), 'release-not-ours', 'ClusterRoleBinding operators');
    expect(cluster.get('ClusterRoleBinding', '', 'operators')).toBeDefined();
  });

  it.for([{ namespace: 'kube-system' }, { name: 'another' }])(
    'and is of another release: %o is refused',
    async (of) => {
      const scenario = await createDeployed();
      forgeRecord(scenario, (record) => ({ ...record, ...of }));
      expectRefusal(await scenario.run({ values: 'replicaCount: 2' }), 'release-not-ours', 'of another release');
      expect(scenario.emulator.requests.writes()).toEqual([]);
    },
  );
});

describe('a Helm record that somebody forged', () => {
  it('is not applied when a run recovers a release that was left pending', async () => {
    const scenario = await createDeployed();
    // It names nothing that exists, so that no run refuses it.
    addToRecord(scenario, binding('backdoor'));
    expect((await scenario.run({ values: 'replicaCount: 2' })).error).toBe('');
    leavePending(scenario, 'pending-upgrade');
    await scenario.run({ values: 'replicaCount: 1' });
    expect(scenario.cluster.get('ClusterRoleBinding', '', 'backdoor')).toBeUndefined();
  });

  it('ends a run before its first write if it names what is of others', async () => {
    const scenario = await createDeployed();
    addToRecord(scenario, NOTES);
    expectRefusal(await scenario.run({ values: 'replicaCount: 2' }), 'release-not-ours', 'ConfigMap notes');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('ends a run before its first write if it is one of very many', async () => {
    const scenario = await createDeployed();
    const { cluster, emulator } = scenario;
    const [newest] = releases(scenario);
    for (let version = 2; version <= 300; version += 1)
      cluster.put(
        'Secret',
        put(
          put(newest?.secret ?? {}, ['metadata', 'name'], `sh.helm.release.v1.headlamp-oidc.v${version}`),
          ['metadata', 'labels', 'version'],
          String(version),
        ),
      );
    expectRefusal(await scenario.run({ values: 'replicaCount: 2' }), 'release-not-ours', '300 records');
    expect(emulator.requests.writes()).toEqual([]);
  });

  it('is not applied when a failed upgrade is rolled back', async () => {
    const scenario = await createDeployed();
    addToRecord(scenario, binding('backdoor'));
    const result = await scenario.run({ values: 'image: {tag: v9.9.9}', 'wait-timeout': '10s' });
    expect(result.exitCode).toBe(1);
    expect(scenario.cluster.get('ClusterRoleBinding', '', 'backdoor')).toBeUndefined();
  });

  it.for(['upgrade', 'destroy'])('makes no %s delete what the chart does not contain', async (what) => {
    const scenario = await createDeployed();
    const { cluster } = scenario;
    cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    cluster.put('ConfigMap', NOTES);
    cluster.put('ClusterRoleBinding', binding('operators'));
    addToRecord(scenario, binding('operators'), NOTES);
    await scenario.run(
      what === 'upgrade' ? { values: 'replicaCount: 2' } : { mode: 'destroy', 'confirm-destroy': 'aks-demo' },
    );
    expect(cluster.get('ClusterRoleBinding', '', 'operators')).toBeDefined();
    expect(cluster.get('ConfigMap', 'other', 'notes')).toBeDefined();
  });
});
