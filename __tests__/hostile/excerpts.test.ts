import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../emulator/server/exchange.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';
import { clientSecrets, placesOf } from './evidence.ts';
import { leaks } from './judge/secrets.ts';

/** A service that refuses a request and repeats what it was sent, after so much text that an excerpt ends in the secret. */
function echo(scenario: Scenario, matches: (exchange: Exchange) => boolean): (text: string) => void {
  let sent = '';
  let before = '';
  scenario.emulator.faults.onRequest((exchange) => {
    if (matches(exchange)) sent = exchange.body.toString();
  });
  scenario.emulator.rewrites.add((exchange, answer) => {
    if (!matches(exchange) || sent === '') return undefined;
    const values = clientSecrets(scenario).flatMap(({ value }) => [value, Buffer.from(value).toString('base64')]);
    const start = Math.max(0, ...values.map((form) => sent.indexOf(form)));
    const message = `${before}${sent.slice(start)}`;
    return { ...answer, status: 400, headers: { 'content-type': 'text/plain' }, body: message };
  });
  return (text) => {
    before = text;
  };
}

const isSecretWrite = ({ method, url }: Exchange) =>
  method === 'POST' && url.pathname.endsWith('/namespaces/headlamp/secrets');
const isProof = ({ method, url, body }: Exchange) =>
  method === 'POST' && url.pathname.endsWith('/token') && body.toString().includes('client_secret=');
const isVaultWrite = ({ method, url }: Exchange) => method === 'PUT' && url.hostname.endsWith('.vault.azure.net');

/** Where excerpts are cut today, and around it. */
const LENGTHS = [0, 160, 170, 180, 260, 270, 280, 480];

describe('no part of the client secret shows', () => {
  it.for([
    ['Kubernetes', isSecretWrite],
    ['Entra', isProof],
    ['Key Vault', isVaultWrite],
  ] as const)('if %s refuses a request and repeats it, wherever the text is cut', async ([, matches]) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const setBefore = echo(scenario, matches);
    for (const length of LENGTHS) {
      setBefore('-'.repeat(length));
      // It was written all the same: only the answer is hostile.
      scenario.cluster.remove('Secret', 'headlamp', 'headlamp-oidc-entra');
      const result = await scenario.run();
      expect(result.exitCode).toBe(1);
      expect(leaks(clientSecrets(scenario), placesOf(result)), `after ${length} characters`).toEqual([]);
    }
  });
});
