import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../emulator/server/exchange.ts';
import { createDeployed, createScenario, type Scenario } from '../scenarios/scenario.ts';
import { clientSecrets, expectHarmless, placesOf } from './evidence.ts';
import { leaks } from './judge/secrets.ts';

type Matches = (exchange: Exchange) => boolean;

const toVault: Matches = ({ method, url }) =>
  method === 'GET' && url.hostname.endsWith('.vault.azure.net') && /^\/secrets\/[^/]+\/?$/.test(url.pathname);

const cut = (json: string) => json.slice(0, -3);

/** Ways to break JSON that leave its secrets in it. */
const BROKEN: Readonly<Record<string, (json: string) => string>> = {
  cut,
  'with a mark of the byte order': (json) => `\uFEFF${json}`,
  'with a page after it': (json) => `${json}<html>`,
};

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

const asText = (body: unknown) => (typeof body === 'string' ? body : JSON.stringify(body));

/** Something on the way breaks answers, as a proxy that inspects TLS can. @returns how many it has broken */
function breakAnswers(
  { emulator }: Scenario,
  matches: Matches,
  way: (json: string) => string,
  most = Infinity,
): () => number {
  let count = 0;
  emulator.rewrites.add((exchange, answer) => {
    if (!matches(exchange) || answer.status >= 300 || count >= most) return undefined;
    count += 1;
    return { ...answer, headers: { ...answer.headers, ...JSON_TYPE }, body: way(asText(answer.body)) };
  });
  return () => count;
}

describe('an answer that was broken on the way', () => {
  it.for(Object.entries(BROKEN))('%s tells nobody the client secret that it holds', async ([, way]) => {
    const scenario = await createDeployed();
    const broken = breakAnswers(scenario, toVault, way);
    const result = await scenario.run();
    expect(broken()).toBeGreaterThan(1);
    expect(result.error).toContain('vault-unreachable');
    expect(result.error).toContain('cuts or changes its answers (it answered 200 with text that is not JSON)');
    await expectHarmless(scenario, result);
  });

  it.for<[string, Matches]>([
    ['the API server, with the Secret', ({ url }) => url.pathname.endsWith('/secrets/headlamp-oidc-entra')],
    ['Graph, with a new client secret', ({ url }) => url.pathname.endsWith('/addPassword')],
    ['Entra, with a token', ({ url }) => url.pathname.endsWith('/oauth2/v2.0/token')],
  ])('of %s tells nobody what it holds', async ([, matches]) => {
    const scenario = await createDeployed();
    const broken = breakAnswers(scenario, matches, cut);
    const result = await scenario.run({ rotate: 'force' });
    expect(broken()).toBeGreaterThan(0);
    expect(result.exitCode).toBe(1);
    expect(result.error).toContain('text that is not JSON');
    await expectHarmless(scenario, result);
  });

  it('of Graph leaves at most one client secret that nobody knows, which the next run removes', async () => {
    const scenario = await createDeployed();
    const { emulator } = scenario;
    const count = () => [...emulator.directory.applications.values()].flatMap((one) => one.passwordCredentials).length;
    expect(count()).toBe(1);
    breakAnswers(scenario, ({ url }) => url.pathname.endsWith('/addPassword'), cut);
    await scenario.run({ rotate: 'force' });
    expect(count()).toBe(2);
    emulator.rewrites.clear();
    expect((await scenario.run()).error).toBe('');
    expect(count()).toBe(1);
  });

  it('is asked for again', async () => {
    const scenario = await createDeployed();
    const broken = breakAnswers(scenario, toVault, cut, 1);
    const result = await scenario.run();
    expect(broken()).toBe(1);
    expect(result.error).toBe('');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('and holds a kubeconfig tells nobody its key', async () => {
    const scenario = await createScenario();
    const key = Buffer.from('-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHhostile0123456789\n').toString(
      'base64',
    );
    scenario.emulator.rewrites.add(({ url }, answer) =>
      /\/listCluster(User|Admin)Credential$/.test(url.pathname)
        ? {
            ...answer,
            body: {
              kubeconfigs: [
                {
                  name: 'clusterUser',
                  value: Buffer.from(`users:\n- user:\n    client-key-data: "${key}\n`).toString('base64'),
                },
              ],
            },
          }
        : undefined,
    );
    const result = await scenario.run();
    expect(result.error).toContain('is not valid YAML');
    expect(leaks([{ name: 'the key', value: key }, ...clientSecrets(scenario)], placesOf(result))).toEqual([]);
  });
});
