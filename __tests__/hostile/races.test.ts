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
