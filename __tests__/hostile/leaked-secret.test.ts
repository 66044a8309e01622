import { describe, expect, it } from 'vitest';
import { createDeployed, registration, type Scenario, vaultSecrets } from '../scenarios/scenario.ts';
import { recordFromNothing } from './helm-record.ts';

/** A Secret in a namespace of somebody else, with labels and annotations as ours has them. */
function addLabelledSecret({ cluster, vault }: Scenario, namespace: string): void {
  cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  cluster.put('Secret', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'x-entra',
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'headlamp-aks-entra', 'app.kubernetes.io/part-of': 'headlamp' },
      annotations: {
        'headlamp-aks-entra/key-vault-secret': `https://${vault.name}.vault.azure.net/secrets/headlamp-aks-demo-client-secret`,
        'headlamp-aks-entra/client-secret-revision': '00000000-00000000',
      },
    },
    type: 'Opaque',
    data: {},
  });
}

describe('a leaked client secret', () => {
  it.for(['other', 'headlamp'])(
    'is no longer valid after rotate: force, whatever labelled Secret is in namespace %s',
    async (namespace) => {
      const scenario = await createDeployed();
      addLabelledSecret(scenario, namespace);
      const result = await scenario.run({ mode: 'rotate', rotate: 'force' });
      expect(result.error).toBe('');
      const newest = vaultSecrets(scenario).at(-1)?.tags['entra-key-id'];
      expect(registration(scenario).passwordCredentials.map(({ keyId }) => keyId)).toEqual([newest]);
    },
  );

  it('is no longer valid after rotate: force, although a release that has a record still uses it, with a warning', async () => {
    const scenario = await createDeployed();
    addLabelledSecret(scenario, 'other');
    const metadata = {
      name: 'sh.helm.release.v1.x.v1',
      namespace: 'other',
      labels: { owner: 'helm', name: 'x', status: 'deployed', version: '1' },
    };
    scenario.cluster.put('Secret', { ...recordFromNothing({}), metadata });
    const result = await scenario.run({ mode: 'rotate', rotate: 'force' });
    expect(result.error).toBe('');
    expect(result.warnings.join()).toContain('other/x still uses');
    const newest = vaultSecrets(scenario).at(-1)?.tags['entra-key-id'];
    expect(registration(scenario).passwordCredentials.map(({ keyId }) => keyId)).toEqual([newest]);
  });
});
