import { expect, it } from 'vitest';
import { createScenario, withEntra } from '../scenarios/scenario.ts';

it("no program that the action starts gets the job's tokens and inputs in its environment", async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  await scenario.run();
  const calls = (await scenario.helmTraces()).filter((trace) => /^PATH=/m.test(trace));
  expect(calls.length).toBeGreaterThan(2);
  const given = calls.flatMap(
    (call) => call.match(/^(?:ACTIONS_ID_TOKEN_\w+|INPUT_[\w-]+|GITHUB_(?:OUTPUT|STATE))(?==)/gm) ?? [],
  );
  expect(given).toEqual([]);
});
