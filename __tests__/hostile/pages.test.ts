import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { pagesOf } from '../../src/lib/pages.ts';
import { createDeployed, createScenario, type Scenario } from '../scenarios/scenario.ts';

/** Makes pages name one another, two in turn. */
function circle({ emulator }: Scenario, pattern: RegExp, next: (origin: URL, turn: number) => JsonObject): void {
  let turn = 0;
  emulator.rewrites.add(({ url }) => {
    if (!pattern.test(url.pathname)) return undefined;
    turn += 1;
    return { status: 200, body: { value: [], data: [], ...next(url, turn % 2) } };
  });
}

const link = (url: URL, turn: number) => ({ nextLink: `${url.origin}${url.pathname}?turn=${turn}` });

describe('pages of a list that lead in a circle', () => {
  it.for([
    [
      'of locks',
      async () => {
        const scenario = await createDeployed();
        circle(scenario, /\/locks$/, link);
        return scenario.run({ mode: 'doctor' });
      },
    ],
    [
      'of the versions of a secret',
      async () => {
        const scenario = await createDeployed();
        circle(scenario, /\/versions$/, link);
        return scenario.run({ mode: 'plan' });
      },
    ],
    [
      'of Azure Resource Graph',
      async () => {
        const scenario = await createScenario();
        circle(scenario, /Microsoft\.ResourceGraph\/resources$/, (_, turn) => ({ $skipToken: `turn${turn}` }));
        return scenario.run({ 'cluster-name': '', 'resource-group': '', 'cluster-selector': 'headlamp', mode: 'plan' });
      },
    ],
  ] as const)('end the run if they are %s', async ([, run]) => {
    const { output, error } = await run();
    expect(`${output}${error}`).toMatch(/the pages of the list lead in a circle/i);
  });
});

it('a list that never ends is given up', async () => {
  let page = 0;
  await expect(
    pagesOf(
      async () => (page += 1),
      (last) => `${last}`,
    ),
  ).rejects.toThrow('the list has more than 1000 pages');
});
