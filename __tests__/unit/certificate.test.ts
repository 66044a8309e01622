import { describe, expect, it } from 'vitest';
import { certificateDoubt } from '../../src/verify/certificate.ts';

const NOW = new Date('2026-11-27T12:00:00Z');
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

/** @param life of the whole certificate, in days */
const doubt = (life: number, left: number) =>
  certificateDoubt({ startsOn: inDays(left - life), endsOn: inDays(left) }, NOW);

describe('a certificate', () => {
  it.each([
    ['of a year', 365, 15],
    ['of 90 days, as from Let’s Encrypt,', 90, 15],
    ['of 47 days', 47, 8],
    ['of 6 days', 6, 1.5],
  ])('%s is accepted as long as its renewal is not overdue', (_, life, left) => {
    expect(doubt(life, left)).toBeUndefined();
  });

  it.each([
    ['of a year', 365, 13.5, 'its certificate expires in 13 days, on 2026-12-11'],
    ['of 90 days', 90, 13.5, 'its certificate expires in 13 days, on 2026-12-11'],
    ['of 47 days', 47, 7.5, 'its certificate expires in 7 days, on 2026-12-05'],
    ['of 6 days', 6, 0.9, 'its certificate expires in 0 days, on 2026-11-28'],
    ['that has expired', 90, -1, 'its certificate expires in 0 days, on 2026-11-26'],
  ])('%s that was not renewed in time is reported with the day on which it expires', (_, life, left, words) => {
    expect(doubt(life, left)).toBe(words);
  });

  it('that was not seen is not reported', () => {
    expect(certificateDoubt(undefined, NOW)).toBeUndefined();
  });
});
