import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, leavePending, type Scenario } from '../scenarios/scenario.ts';
import { forgeManifest } from './helm-record.ts';

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
