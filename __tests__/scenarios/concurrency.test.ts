import { describe, expect, it } from 'vitest';
import { createRunner } from '../../emulator/runner/runner.ts';
import { expectConverged } from './converged.ts';
import { createScenario, type Scenario } from './scenario.ts';

/** Two runners at once, as two workflows without a common concurrency group. */
async function twice(scenario: Scenario, inputs: Readonly<Record<string, string>>) {
  const other = await createRunner();
  const second = other.step({ inputs: { ...scenario.inputs, ...inputs }, environment: scenario.box.environment() });
  const results = await Promise.all([scenario.run(inputs), second]);
  await other.remove();
  return results;
}

describe('two runs at once on one cluster', () => {
  it('make one registration and one release, and the next run finds nothing broken', async () => {
    const scenario = await createScenario();
    await twice(scenario, {});
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
  });

  it('rotate to one secret that Entra takes', async () => {
    const scenario = await createScenario();
    await scenario.run();
    await twice(scenario, { mode: 'rotate', rotate: 'force' });
    expect((await scenario.run({ mode: 'rotate' })).error).toBe('');
    expectConverged(scenario);
  });
});
