import { describe, expect, it } from 'vitest';
import { expectConverged } from './converged.ts';
import { killAfterWrite } from './killed.ts';
import { createScenario, releases } from './scenario.ts';

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
