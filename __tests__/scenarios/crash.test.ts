import { describe, expect, it } from 'vitest';
import { expectConverged } from './converged.ts';
import { createScenario, releases, type Scenario } from './scenario.ts';

/** Kills the runner right after its nth write was carried out, before it gets the answer. */
async function killAfterWrite(
  scenario: Scenario,
  nth: number,
  inputs: Readonly<Record<string, string>> = {},
): Promise<boolean> {
  const kill = new AbortController();
  scenario.box.requests.clear();
  const stop = scenario.box.faults.onExecuted(async () => {
    if (scenario.box.requests.writes().length < nth || kill.signal.aborted) return;
    kill.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
  await scenario.runUntil(kill.signal, inputs);
  stop();
  return kill.signal.aborted;
}

/** How many writes a first deployment takes, those of helm included. */
const WRITES = 14;

describe('a first deployment that is killed', () => {
  // One kill more than there are writes: that one finds everything done.
  const kills = Array.from({ length: WRITES + 1 }, (_, index) => index + 1);
  it.concurrent.for(kills)('after write %i converges when it is run again', async (nth, { onTestFinished }) => {
    const scenario = await createScenario({}, onTestFinished);
    expect(await killAfterWrite(scenario, nth)).toBe(nth <= WRITES);
    const result = await scenario.run();
    expect(result.error).toBe('');
    expectConverged(scenario);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });
});

describe('a rotation that is killed', () => {
  // On the registration, in the vault, in the cluster, the restart, and the removal of the old one.
  it.concurrent.for([1, 2, 3, 4, 5])(
    'after write %i converges when it is run again',
    async (nth, { onTestFinished }) => {
      const scenario = await createScenario({}, onTestFinished);
      await scenario.run();
      expect(await killAfterWrite(scenario, nth, { rotate: 'force' })).toBe(true);
      expect((await scenario.run()).error).toBe('');
      expectConverged(scenario);
      expect(releases(scenario)).toHaveLength(1);
    },
  );
});
