import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../emulator/server/exchange.ts';
import { createDeployed, createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';
import { clientSecrets, placesOf } from './evidence.ts';
import { leaks } from './judge/secrets.ts';

/**
 * A service that refuses a request and repeats what it was sent, after so much text that an excerpt ends in the secret.
 * @returns sets that text, and tells whether the service has repeated a secret since the last time
 */
function echo(scenario: Scenario, matches: (exchange: Exchange) => boolean): (text: string) => boolean {
  let sent = '';
  let repeated = false;
  let before = '';
  scenario.emulator.faults.onRequest((exchange) => {
    if (matches(exchange)) sent = exchange.body.toString();
  });
  scenario.emulator.rewrites.add((exchange, answer) => {
    if (!matches(exchange) || sent === '') return undefined;
    const values = clientSecrets(scenario).flatMap(({ value }) => [value, Buffer.from(value).toString('base64')]);
    const start = Math.max(0, ...values.map((form) => sent.indexOf(form)));
    repeated ||= values.some((form) => sent.includes(form));
    const message = `${before}${sent.slice(start)}`;
    return { ...answer, status: 400, headers: { 'content-type': 'text/plain' }, body: message };
  });
  return (text) => {
    const told = repeated;
    [before, repeated] = [text, false];
    return told;
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
      expect(setBefore('')).toBe(true);
      expect(leaks(clientSecrets(scenario), placesOf(result)), `after ${length} characters`).toEqual([]);
    }
  });
});

/** Characters of a token mean something in Markdown, and escaping them first hides the token from its redaction. */
it('no part of an access token shows in the summary of doctor if services refuse requests and repeat them', async () => {
  const scenario = await createDeployed();
  const tokens = new Set<string>();
  scenario.emulator.rewrites.add(({ method, url, headers }) => {
    const authorization = headers['authorization'] ?? '';
    if (method !== 'GET' || !/\/(secrets|managedClusters|owners)\b/.test(url.pathname) || authorization === '')
      return undefined;
    tokens.add(authorization.split('.').at(-1) ?? '');
    const message = `refused: ${authorization}`;
    return {
      status: 409,
      headers: { 'content-type': 'application/json' },
      body: { kind: 'Status', code: 409, message, error: { code: 'Refused', message } },
    };
  });
  const result = await scenario.run({ mode: 'doctor' });
  expect(tokens.size).toBeGreaterThan(0);
  const named = [...tokens].map((value) => ({ name: 'a token', value }));
  expect(leaks(named, placesOf(result))).toEqual([]);
});
