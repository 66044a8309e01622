import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { addClusters } from '../../emulator/worlds/many.ts';
import { fieldOf, listed, named } from '../scenarios/many.ts';
import { createScenario } from '../scenarios/scenario.ts';

const COMPRESSED = { 'content-encoding': 'gzip', 'content-type': 'application/json' };

/** More than a text of Node.js can be. Packed before a run starts, which the emulator could not answer meanwhile. */
const LARGE = gzipSync(Buffer.alloc(600 * 1024 * 1024, ' '), { level: 1 });

/** Twenty times as large in memory, which a run fills in parallel. */
const OBJECTS = gzipSync(`{"items":[${'{},'.repeat(5_000_000)}{}]}`, { level: 1 });

async function* withoutEnd() {
  yield gzipSync(JSON.stringify({ items: [] })).subarray(0, 12);
  await new Promise(() => {});
}

it.for([
  ['is larger than memory', () => LARGE],
  ['begins and never ends', () => withoutEnd()],
  ['has millions of objects', () => OBJECTS],
] as const)('a cluster whose compressed answer %s fails alone', async ([, body]) => {
  const scenario = await createScenario();
  await addClusters(scenario, named('aks-b'));
  scenario.emulator.rewrites.add(({ url }) =>
    url.hostname.startsWith('aks-b') ? { status: 200, headers: COMPRESSED, body: body() } : undefined,
  );
  const clusters = listed({ 'cluster-name': 'aks-demo' }, { 'cluster-name': 'aks-b' });
  const result = await scenario.run({ 'cluster-name': '', mode: 'plan', clusters });
  expect(fieldOf(result, 'error')).toEqual({ 'aks-demo': '', 'aks-b': expect.stringContaining('cluster-unreachable') });
});

it('a cluster that lists more bindings with our label than anybody has fails alone', async () => {
  const scenario = await createScenario();
  await addClusters(scenario, named('aks-b'));
  const binding = (index: number) => ({
    metadata: { name: `headlamp-aks-entra:headlamp:headlamp-oidc:r${index}` },
    roleRef: { kind: 'ClusterRole', name: `r${index}` },
  });
  const body = { kind: 'List', items: Array.from({ length: 20_000 }, (_, index) => binding(index)) };
  scenario.emulator.rewrites.add(({ url }) =>
    url.hostname.startsWith('aks-b') && url.pathname.endsWith('/clusterrolebindings')
      ? { status: 200, body }
      : undefined,
  );
  const clusters = listed({ 'cluster-name': 'aks-demo' }, { 'cluster-name': 'aks-b' });
  const result = await scenario.run({ 'cluster-name': '', mode: 'plan', clusters });
  expect(fieldOf(result, 'error')).toEqual({
    'aks-demo': '',
    'aks-b': expect.stringContaining('more than 10000 objects'),
  });
});
