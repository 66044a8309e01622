import { expect, it } from 'vitest';
import { type Broken, fuzz } from './fuzz/fuzz.ts';
import { MODES } from './fuzz/modes.ts';

/** A slice of `npm run fuzz`, another one each day. */
it('hostile text in what services answer does nothing', async () => {
  const found: Broken[] = [];
  await fuzz(
    {
      modes: MODES.filter(({ name }) => name === 'plan' || name === 'doctor'),
      only: /(?:)/,
      budgetMs: 25_000,
      batch: 8,
      parallel: 2,
      round: Math.floor(Date.now() / 86_400_000),
    },
    (_, broken) => found.push(broken),
  );
  expect(found).toEqual([]);
});
