import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloudOf } from '../../src/azure/cloud.ts';
import { entraRefusal } from '../../src/entra/refusal.ts';
import { MISMATCHES, mayPass, SIGN_IN_CAUSES } from '../../src/entra/sign-in-causes.ts';
import { signInFailure } from '../../src/entra/sign-in-failure.ts';

const IDS = ['Trace ID: 0b3f-a', 'Correlation ID: 77c1-b', 'Timestamp: 2026-11-27 10:00:00Z'];
const WORDS = 'AADSTS7000215: Invalid client secret provided. Ensure the secret is the value.';
const refused = {
  clientId: '11111111-2222-4333-8444-555555555555',
  tenantId: '66666666-2222-4333-8444-555555555555',
  cloud: cloudOf('AzureCloud'),
} as const;
const read = (path: string) => readFileSync(join(import.meta.dirname, '..', '..', path), 'utf8');

describe("Entra's refusal is read from", () => {
  it.each([
    ['lines that end in CR LF', [WORDS, ...IDS].join('\r\n')],
    ['lines that end in LF', [WORDS, ...IDS].join('\n')],
    ['one line', [WORDS, ...IDS].join(' ')],
    ['what a library puts before and behind it', `invalid_client: 7000215 - [x]: ${[WORDS, ...IDS].join(' ')} - more`],
    ['what the az CLI puts before it', `ERROR: ${[WORDS, ...IDS].join(' ')}`],
  ])('%s', (_, message) => {
    expect(entraRefusal(message)).toEqual({
      number: '7000215',
      words: WORDS,
      ids: 'Trace ID 0b3f-a, Correlation ID 77c1-b',
    });
  });

  it('a message without ids', () => {
    expect(entraRefusal(WORDS)).toEqual({ number: '7000215', words: WORDS, ids: '' });
  });

  it('a message without a number', () => {
    expect(entraRefusal('read ECONNRESET')).toEqual({ number: undefined, words: 'read ECONNRESET', ids: '' });
  });

  it.each(['[object Object]: Error(s): Not Available - ', 'invalid_grant: Error(s): Not Available - Timestamp: -'])(
    'an answer without a reason, of which libraries print %s',
    (message) => {
      expect(entraRefusal(message).words).toBe('Entra gave no reason');
    },
  );
});

describe('the AADSTS numbers', () => {
  const numbers = SIGN_IN_CAUSES.flatMap((cause) => cause.numbers);

  it('each have one cause', () => {
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.filter((number) => MISMATCHES.has(number))).toEqual([]);
  });

  it('are all in docs/troubleshooting.md, and no other is', () => {
    const documented = [...read('docs/troubleshooting.md').matchAll(/^\| ((?:\d{5,}(?:, )?)+) \|/gm)];
    const listed = documented.flatMap(([, row = '']) => row.split(', '));
    expect(listed.sort()).toEqual([...numbers].sort());
  });

  it.each(numbers)('%s: the error has its cause, a fix, the words of Entra and the ids', (number) => {
    const message = `AADSTS${number}: Something happened. ${IDS.join(' ')}`;
    const { message: text } = signInFailure(message, { ...refused, by: 'GitHub ID token' });
    expect(text).toContain(`AADSTS${number}: Something happened. (Trace ID 0b3f-a, Correlation ID 77c1-b)`);
    expect(text).toMatch(/^[a-z-]+: \S[\s\S]+\. \S[\s\S]+ Fix: \S/);
    expect(text).not.toContain('/error?code=');
  });

  it('that are not known end with the words of Entra, the ids and the page on the number', () => {
    const message = `AADSTS999111: Something new. ${IDS.join(' ')}`;
    expect(signInFailure(message, { ...refused, by: 'GitHub ID token' }).message).toBe(
      "sign-in-failed: Signing in to Entra failed for application 11111111-2222-4333-8444-555555555555 in tenant 66666666-2222-4333-8444-555555555555. Entra said: AADSTS999111: Something new. (Trace ID 0b3f-a, Correlation ID 77c1-b). Fix: read https://login.microsoftonline.com/error?code=999111 on AADSTS999111; to find the attempt in the tenant's sign-in log, look for its correlation ID.",
    );
  });

  it('that may pass are those of replication, of keys and of a busy Entra', () => {
    expect([...numbers, ...MISMATCHES].filter(mayPass).sort()).toEqual(
      ['50033', '500133', '50087', '70021', '700024', '700027', '70025']
        .concat(['700211', '700213', '7000229', '7000272', '90006', '90012', '90024', '90033', '90090'])
        .sort(),
    );
  });
});
