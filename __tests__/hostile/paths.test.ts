import { describe, expect, it } from 'vitest';
import { isRecord } from '../../src/lib/json.ts';
import { createDeployed, createScenario } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { forgeManifest } from './helm-record.ts';
import { requestProblems } from './judge/requests.ts';

/** A Secret of other people, in a namespace of theirs. */
const OTHERS = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'db', namespace: 'other' },
  type: 'Opaque',
  data: { password: 'aHVudGVyMi1pcy1hLXNlY3JldA==' },
};

const recordOf = (value: unknown) => (isRecord(value) ? value : {});

describe('the path of a request', () => {
  it.for([
    'x:80/proxy/../../../../namespaces/other/secrets/db?',
    'x/../../../other/secrets/db?',
    'x/%2e%2e/%2E./..%2Fother/secrets/db?',
    'x/../../../other/secrets/db#',
    'x\\..\\..\\..\\other\\secrets\\db?',
  ])('stays in the namespace if a Helm record names the Service %j', async (name) => {
    const scenario = await createDeployed();
    const { cluster, emulator } = scenario;
    cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } });
    cluster.put('Secret', OTHERS);
    forgeManifest(scenario, (manifest) =>
      manifest.replace(/(kind: Service\nmetadata:\n {2}name: )\S+/, `$1${JSON.stringify(name)}`),
    );
    const result = await scenario.run();
    expect(requestProblems(emulator.requests.all())).toEqual([]);
    for (const text of [result.output, result.summary, JSON.stringify(result.outputs)])
      expect(text).not.toContain(OTHERS.data.password);
    await expectHarmless(scenario, result);
  });

  it('stays with the service that a page of results comes from, and so does the access token', async () => {
    const scenario = await createDeployed();
    const { emulator } = scenario;
    emulator.rewrites.add(({ url }, answer) =>
      url.hostname === 'management.azure.com' && /\/permissions$/.test(url.pathname)
        ? { ...answer, body: { value: [], nextLink: 'https://evil.example/next' } }
        : undefined,
    );
    emulator.arm.changeCluster(scenario.clusterId, { aadProfile: undefined });
    await scenario.run({ mode: 'doctor' });
    expect(emulator.requests.all().some(({ path }) => path.includes('/permissions'))).toBe(true);
    expect(requestProblems(emulator.requests.all())).toEqual([]);
  });

  it.for(['azure-asyncoperation', 'location'])(
    'stays with the service whose operation the header %s tells about',
    async (name) => {
      const scenario = await createScenario();
      const { emulator } = scenario;
      emulator.rewrites.add(({ method, url }, answer) =>
        method === 'PUT' && url.hostname === 'management.azure.com' && /\/managedClusters\/[^/]+$/.test(url.pathname)
          ? { ...answer, status: 202, headers: { ...answer.headers, [name]: 'https://evil.example/operation' } }
          : undefined,
      );
      await scenario.run();
      expect(
        emulator.requests.all().some(({ method, path }) => method === 'PUT' && path.includes('/managedClusters/')),
      ).toBe(true);
      expect(requestProblems(emulator.requests.all())).toEqual([]);
    },
  );

  it('stays with the cluster whose command an answer tells the result of', async () => {
    const scenario = await createScenario();
    const { emulator } = scenario;
    const elsewhere = '/subscriptions/other/resourceGroups/other/providers/Microsoft.KeyVault/vaults/other';
    emulator.rewrites.add(({ method, url }, answer) =>
      method === 'POST' && url.pathname.endsWith('/runCommand')
        ? { ...answer, headers: { ...answer.headers, location: `https://management.azure.com${elsewhere}` } }
        : undefined,
    );
    const { error } = await scenario.run({ 'cluster-access': 'command' });
    expect(error).toMatch(
      /run-command-failed: .* pointed away from \S+\/managedClusters\/aks-demo, to \S+\/vaults\/other\./,
    );
    expect(error).not.toContain('Node pools');
    const requests = emulator.requests.all();
    expect(requests.some(({ path }) => path.includes('/runCommand'))).toBe(true);
    expect(requests.filter(({ path }) => path.includes('/other'))).toEqual([]);
  });

  it.for(['x', '', '/subscriptions/other/resourceGroups/other/providers/Microsoft.KeyVault/vaults/other'])(
    'names the resource that was asked for, if its answer has the ID %j',
    async (id) => {
      const scenario = await createDeployed();
      const { emulator } = scenario;
      emulator.rewrites.add(({ method, url }, answer) =>
        method === 'GET' &&
        url.hostname === 'management.azure.com' &&
        /\/(vaults|managedClusters)\/[^/]+$/.test(url.pathname)
          ? { ...answer, body: JSON.stringify({ ...recordOf(answer.body), id }) }
          : undefined,
      );
      await scenario.run({ mode: 'doctor' });
      const requests = emulator.requests.all();
      expect(requests.some(({ path }) => /\/vaults\/[^/]+\/secrets\/[^/]+\/providers/.test(path))).toBe(true);
      expect(requestProblems(requests)).toEqual([]);
      expect(requests.filter(({ path }) => path.includes('/other'))).toEqual([]);
    },
  );

  it('stays with the vault that lists versions of its secret', async () => {
    const scenario = await createDeployed();
    const { emulator } = scenario;
    emulator.rewrites.add(({ url }, answer) =>
      url.pathname.endsWith('/versions')
        ? { ...answer, body: { value: [], nextLink: 'https://evil.example/versions' } }
        : undefined,
    );
    await scenario.run({ mode: 'destroy', 'confirm-destroy': 'aks-demo' });
    expect(requestProblems(emulator.requests.all())).toEqual([]);
  });
});
