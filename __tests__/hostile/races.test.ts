import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const NAME = 'headlamp-oidc-entra';
const THEIRS = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: NAME, namespace: 'headlamp' },
  type: 'Opaque',
  data: { THEIRS: 'eA==' },
};

/** Does it once, as soon as the vault has stored a client secret: the run has looked at the cluster, and not yet written. */
function atStoredSecret({ emulator }: Scenario, then: () => void): void {
  const stop = emulator.rewrites.add(({ method, url }) => {
    if (method === 'PUT' && /^\/secrets\//.test(url.pathname)) {
      stop();
      then();
    }
    return undefined;
  });
}

describe('between the look at the cluster and the write', () => {
  it('a Secret of somebody else that appears is not taken over', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { cluster } = scenario;
    atStoredSecret(scenario, () => {
      cluster.put('Namespace', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'headlamp' } });
      cluster.put('Secret', THEIRS);
    });
    expectRefusal(await scenario.run(), 'secret-not-ours', NAME);
    expect(cluster.get('Secret', 'headlamp', NAME)).toMatchObject({ data: THEIRS.data });
  });

  it.for(['deploy', 'rotate'])('one that takes the place of ours is not taken over in mode %s', async (mode) => {
    const scenario = await createDeployed();
    const { cluster } = scenario;
    atStoredSecret(scenario, () => {
      cluster.remove('Secret', 'headlamp', NAME);
      cluster.put('Secret', THEIRS);
    });
    expectRefusal(await scenario.run({ mode, rotate: 'force' }), 'secret-not-ours', NAME);
    expect(cluster.get('Secret', 'headlamp', NAME)?.['data']).toEqual(THEIRS.data);
  });
});

describe('between the look of mode destroy and the deletion', () => {
  const DESTROY = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };

  /** Does it once, as soon as helm has removed the Deployment. */
  function atUninstall({ emulator }: Scenario, then: () => void): void {
    const stop = emulator.rewrites.add(({ method, url }) => {
      if (method === 'DELETE' && /\/deployments\//.test(url.pathname)) {
        stop();
        then();
      }
      return undefined;
    });
  }

  it('what somebody else puts into the namespace stays, with the namespace', async () => {
    const scenario = await createDeployed();
    const { cluster } = scenario;
    const metadata = { name: 'theirs', namespace: 'headlamp' };
    atUninstall(scenario, () => cluster.put('ConfigMap', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} }));
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(cluster.get('ConfigMap', 'headlamp', 'theirs')).toBeDefined();
    expect(cluster.get('Secret', 'headlamp', NAME)).toBeUndefined();
    expect(result.outputs['changes']).not.toContain('"namespace"');
    expect(result.log.join('\n')).toContain('Stays: namespace headlamp has other objects in it: ConfigMap theirs');
  });

  it('a Secret of somebody else that takes the place of ours stays, with the namespace', async () => {
    const scenario = await createDeployed();
    const { cluster } = scenario;
    atUninstall(scenario, () => {
      cluster.remove('Secret', 'headlamp', NAME);
      cluster.put('Secret', THEIRS);
    });
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(cluster.get('Secret', 'headlamp', NAME)?.['data']).toEqual(THEIRS.data);
    expect(result.outputs['changes']).not.toMatch(/"namespace"|"kubernetes secret"/);
  });
});
