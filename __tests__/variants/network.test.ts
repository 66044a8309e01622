import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../emulator/server/exchange.ts';
import { createScenario, registration, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

/** A dry run before it is another request. */
const to =
  (method: string, end: RegExp) =>
  ({ method: sent, url }: Exchange) =>
    sent === method && end.test(`${url.hostname}${url.pathname}`) && !url.searchParams.has('dryRun');

async function runWith(fault: Parameters<Scenario['emulator']['faults']['add']>[0]) {
  const scenario = await createScenario({ cluster: withEntra() });
  scenario.emulator.faults.add(fault);
  return { scenario, result: await scenario.run() };
}

describe('a request that fails temporarily', () => {
  it('is retried after the time in Retry-After', async () => {
    const { result } = await runWith({
      matches: to('GET', /^graph\.microsoft\.com/),
      times: 1,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '2' }, body: {} },
    });
    expect(result.error).toBe('');
    expect(result.output).toContain('graph.microsoft.com answered 429; trying again in 2s');
  });

  it('is retried after a broken connection or a temporary server error', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({ matches: to('GET', /^management\.azure\.com/), times: 1, fault: { kind: 'reset' } });
    scenario.emulator.faults.add({
      matches: to('PUT', /vault\.azure\.net/),
      times: 1,
      fault: { kind: 'status', status: 503, body: '' },
    });
    scenario.emulator.faults.add({ matches: to('POST', /\/servicePrincipals$/), times: 1, fault: { kind: 'lost' } });
    scenario.emulator.faults.add({
      matches: to('POST', /azmk8s\.io\/api\/v1\/namespaces$/),
      times: 1,
      fault: { kind: 'lost' },
    });
    expect((await scenario.run()).error).toBe('');
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('is retried by running helm again, whose own client gives up at once', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: to('GET', /index\.yaml$/),
      times: 1,
      fault: { kind: 'status', status: 503, body: '' },
    });
    scenario.emulator.faults.add({ matches: to('POST', /\/services$/), times: 1, fault: { kind: 'reset' } });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toMatch(/helm pull failed .*503.*trying again/);
    expect(result.output).toMatch(/helm upgrade failed .*connection reset.*trying again/);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it("is retried by running helm again if it could not read the API's schema", async () => {
    const { result } = await runWith({
      matches: to('GET', /\/openapi\/v3$/),
      times: 1,
      fault: { kind: 'status', status: 503, body: '' },
    });
    expect(result.error).toBe('');
    expect(result.output).toMatch(/helm upgrade failed .*trying again/);
  });

  it('leaves no second client secret if the response to the first was lost', async () => {
    const { scenario, result } = await runWith({
      matches: to('POST', /\/addPassword$/),
      times: 1,
      fault: { kind: 'lost' },
    });
    expect(result.error).toBe('');
    expect(registration(scenario).passwordCredentials).toHaveLength(1);
  });

  it('leaves the secret that Headlamp uses in the vault if the response to its write was lost', async () => {
    const { scenario, result } = await runWith({
      matches: to('PUT', /vault\.azure\.net/),
      times: 1,
      fault: { kind: 'lost' },
    });
    expect(result.error).toBe('');
    expect(new Set(vaultSecrets(scenario).map(({ value }) => value)).size).toBe(1);
  });

  it.each([
    ['Microsoft Graph', to('GET', /^graph\.microsoft\.com/)],
    ['the API server', to('GET', /\/deployments$/)],
  ])('ends in one clear error if %s keeps failing', async (_, matches) => {
    const { result } = await runWith({
      matches,
      fault: {
        kind: 'status',
        status: 500,
        headers: { 'content-type': 'application/json' },
        body: { error: { code: 'ServiceUnavailable', message: 'Sorry.' } },
      },
    });
    expect(result.error).toMatch(/^request-failed: [\s\S]*Sorry\./);
  });
});

describe('a self-hosted runner', () => {
  it("sends all traffic through HTTPS_PROXY, including helm's, and trusts NODE_EXTRA_CA_CERTS", async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run()).error).toBe('');
    const services = new Set(
      scenario.emulator.requests
        .all()
        .filter(({ from }) => from === 'client')
        .map(({ service }) => service),
    );
    expect([...services].sort()).toEqual(['arm', 'charts', 'entra', 'github', 'graph', 'keyvault', 'kubernetes']);
  });

  it('respects NO_PROXY: its hosts bypass the proxy', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({}, { NO_PROXY: 'localhost,graph.microsoft.com' });
    expect(result.exitCode).toBe(1);
    const hosts = new Set(scenario.emulator.requests.all().map(({ host }) => host));
    expect(hosts).not.toContain('graph.microsoft.com');
    expect(hosts).toContain('management.azure.com');
  });

  it.each(['*.vault.azure.net', '.azure.net localhost', '*.vault.azure.net:443'])(
    'reads NO_PROXY as Go and curl do: %s keeps the vault off the proxy',
    async (noProxy) => {
      const scenario = await createScenario({ cluster: withEntra() });
      await scenario.run({ mode: 'doctor' }, { NO_PROXY: noProxy });
      const hosts = new Set(scenario.emulator.requests.all().map(({ host }) => host));
      expect([...hosts].filter((host) => host.endsWith('vault.azure.net'))).toEqual([]);
      expect(hosts).toContain('graph.microsoft.com');
    },
  );

  it('gives helm the proxy and NO_PROXY as it reads them itself', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator } = scenario;
    const names = { HTTPS_PROXY: '', https_proxy: emulator.proxyUrl, no_proxy: '.one.example .two.example' };
    expect((await scenario.run({}, names)).error).toBe('');
    for (const trace of await scenario
      .helmTraces()
      .then((all) => all.filter((one) => one.includes('HELM_CACHE_HOME')))) {
      expect(trace).toContain(`\nHTTPS_PROXY=${emulator.proxyUrl}\n`);
      expect(trace).toContain('\nNO_PROXY=.one.example,.two.example\n');
    }
  });
});
