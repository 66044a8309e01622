import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chartFiles } from '../../emulator/helm/chart-repository.ts';
import { collectionOf } from '../../src/kubernetes/kinds.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, withEntra } from '../scenarios/scenario.ts';
import { forgeManifest } from './helm-record.ts';

describe('an object whose kind exists in another API group, too', () => {
  it.for(['Service', 'Deployment'])('is not taken for the %s of Headlamp', async (kind) => {
    const scenario = await createDeployed();
    const args = ['-oidc-scopes=x', '-in-cluster-context-name=other'];
    const spec = { ports: [{ port: 99 }], template: { spec: { containers: [{ args }] } } };
    const other = { apiVersion: 'other.example/v1', kind, metadata: { name: 'other' }, spec };
    forgeManifest(scenario, (manifest) => `---\n${JSON.stringify(other)}\n${manifest}`);
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.outputs['changes']).toBe('[]');
    const paths = scenario.emulator.requests.all().map(({ path }) => path);
    expect(paths.some((path) => path.includes('/proxy/'))).toBe(true);
    expect(paths.filter((path) => /other/.test(path))).toEqual([]);
  });

  it('is not what makes a chart one of Headlamp', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    for (const [path, content] of Object.entries(await chartFiles('0.45.0'))) {
      const file = join(scenario.runner.workspace, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(
        file,
        content.replace(/apiVersion: apps\/v1(?=\nkind: Deployment)/, 'apiVersion: other.example/v1'),
      );
    }
    const result = await scenario.run({ chart: './headlamp' });
    expectRefusal(result, 'chart-not-headlamp');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is not looked for where that kind is', () => {
    const of = (apiVersion: string, kind: string) => collectionOf({ apiVersion, kind }, 'headlamp');
    expect(String(of('rbac.authorization.k8s.io/v1', 'Role'))).toContain('/namespaces/headlamp/roles');
    expect(String(of('rbac.authorization.k8s.io/v1', 'ClusterRole'))).toMatch(/\/v1\/clusterroles$/);
    expect(String(of('v1', 'Service'))).toBe('/api/v1/namespaces/headlamp/services');
    for (const kind of ['Role', 'ClusterRole', 'Namespace', 'Service', 'toString'])
      for (const group of ['other.example/v1', '__proto__/v1', 'constructor/v1', '/v1'])
        expect(of(group, kind)).toBeUndefined();
  });
});
