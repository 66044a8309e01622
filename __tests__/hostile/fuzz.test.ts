import { expect, it } from 'vitest';
import { type Broken, fuzz } from './fuzz/fuzz.ts';
import { MODES } from './fuzz/modes.ts';

/** A slice of `npm run fuzz`. */
it('hostile text in what services answer does nothing', async () => {
  const found: Broken[] = [];
  await fuzz(
    {
      modes: MODES.filter(({ name }) => name === 'plan' || name === 'doctor'),
      only: /(?:)/,
      budgetMs: 25_000,
      batch: 8,
      parallel: 2,
      round: 0,
    },
    { broken: (_, broken) => found.push(broken) },
  );
  expect(found).toEqual([]);
});
