import { describe, expect, it } from 'vitest';
import { addClusters } from '../../emulator/worlds/many.ts';
import { fieldOf, listed, named } from '../scenarios/many.ts';
import { createDeployed, createScenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

/** Ordinary words of a run on two clusters, as whoever writes a client secret could have them hidden everywhere. */
const WORDS = ['"result":"success"', 'headlamp-aks-b', 'app registration', 'rg-platform', 'Headlamp on 2 clusters'];

const manyLines = Array.from({ length: 20_000 }, (_, line) => `line ${line} of many`);

const secretWith = (value: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    ...{ name: 'headlamp-oidc-entra', namespace: 'headlamp' },
    labels: { 'app.kubernetes.io/managed-by': 'headlamp-aks-entra', 'app.kubernetes.io/part-of': 'headlamp' },
  },
  type: 'Opaque',
  data: { OIDC_CLIENT_SECRET: Buffer.from(value).toString('base64') },
});

describe('masks', () => {
  it.for([
    ['words', WORDS.join('\n')],
    ['thousands of lines', manyLines.join('\n')],
  ] as const)('are not made of %s that stand in place of a client secret in another cluster', async ([, text]) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { cluster } = scenario;
    await addClusters(scenario, named('aks-b'));
    const clusters = listed({ 'cluster-name': 'aks-demo' }, { 'cluster-name': 'aks-b' });
    cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } });
    cluster.put('Secret', secretWith(text));
    const result = await scenario.run({ 'cluster-name': '', clusters, parallel: '1', mode: 'plan' });
    expect(fieldOf(result, 'result')).toEqual({ 'aks-demo': 'success', 'aks-b': 'success' });
    expect(result.outputs['page']).toContain('headlamp-aks-b');
    expect(result.output.match(/^::add-mask::/gm)?.length).toBeLessThan(100);
  });

  it('are made of the client secret that is in the vault and in the cluster', async () => {
    const scenario = await createDeployed();
    const { value } = vaultSecrets(scenario)[0] ?? {};
    for (const mode of ['deploy', 'plan'])
      expect((await scenario.run({ mode })).output.split('\n')).toContain(`::add-mask::${value}`);
  });
});
