import { describe, expect, it } from 'vitest';
import { expectConverged } from '../scenarios/converged.ts';
import { killAfterWrite } from '../scenarios/killed.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario } from '../scenarios/scenario.ts';
import { expectNoKeyLeft, isPrivate } from '../variants/private.ts';

describe('by commands', () => {
  it.each([
    [8, 'the pair of keys is made'],
    [9, 'the Secret is written'],
    [12, 'helm is at work'],
  ])('a run that is killed after write %i, when %s, converges when it is run again', async (nth) => {
    const scenario = await createScenario({ cluster: isPrivate });
    expect(await killAfterWrite(scenario, nth)).toBe(true);
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
    expectNoKeyLeft(scenario);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('two runs at once end well', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    await scenario.run();
    scenario.cluster.remove('Secret', 'headlamp', 'headlamp-oidc-entra');
    const results = await Promise.all([scenario.run(), scenario.run()]);
    expect(results.map(({ error }) => error)).toEqual(['', '']);
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
    expectNoKeyLeft(scenario);
  });

  it.concurrent('a request that the API server never answers ends the run within a minute, with that cause', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    const remove = scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'POST' && url.pathname === '/api/v1/namespaces',
      fault: { kind: 'hang' },
    });
    const result = await scenario.run();
    expectRefusal(result, 'run-command-failed', 'POST /api/v1/namespaces');
    // kubectl has two sentences for it.
    expect(result.error).toMatch(/context deadline exceeded|Client\.Timeout exceeded/);
    remove();
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
  });
});
