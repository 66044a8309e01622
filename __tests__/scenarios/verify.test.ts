import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chartFiles } from '../../emulator/helm/chart-repository.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, registration, releases, withEntra } from './scenario.ts';

describe('the verification', () => {
  it('fails if Headlamp redirects to a wrong address, and says what is wrong', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const wrong = { values: 'config: {extraArgs: ["-oidc-callback-url=https://elsewhere.contoso.com/oidc-callback"]}' };
    const result = await scenario.run(wrong);
    expect(result.error).toMatch(/^headlamp-redirect-wrong: /);
    expect(result.error).toContain(
      "The redirect's redirect_uri is https://elsewhere.contoso.com/oidc-callback, not http://localhost:8000/oidc-callback",
    );
    expect((await scenario.run({ ...wrong, verify: 'false' })).error).toBe('');
    expect((await scenario.run()).error).toBe('');
  });

  it('runs even if nothing changed, and finds a sign-in that broke in the meantime', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/proxy/oidc'),
      fault: { kind: 'status', status: 500, body: 'Failed to get provider' },
    });
    expect((await scenario.run()).error).toMatch(
      /^headlamp-redirect-wrong: [\s\S]*Failed to get provider|^headlamp-unreachable: [\s\S]*500/,
    );
  });

  it('reports that the identity may not use the service proxy', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const message = 'services "http:headlamp-oidc:80" is forbidden: User cannot get resource "services/proxy"';
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code: 403 };
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/proxy/'),
      fault: { kind: 'status', status: 403, body },
    });
    expectRefusal(await scenario.run(), 'headlamp-unreachable', 'services/proxy', 'verify');
  });
});

describe('a rotation whose verification fails', () => {
  it('leaves the previous secret valid, and the next run removes it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const stop = scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('/proxy/oidc'),
      fault: { kind: 'status', status: 404, body: 'not found' },
    });
    expect((await scenario.run({ mode: 'rotate', rotate: 'force' })).error).toMatch(/^headlamp-redirect-wrong: /);
    expect(registration(scenario).passwordCredentials).toHaveLength(2);
    stop();
    expect((await scenario.run({ mode: 'rotate' })).error).toBe('');
    expect(registration(scenario).passwordCredentials).toHaveLength(1);
  });
});

describe('helm', () => {
  it("that the API server refuses halfway reports the server's own message, and the next run repairs the release", async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const body = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Forbidden',
      message: 'admission webhook denied the request: no Deployments on Fridays',
      code: 403,
    };
    const stop = scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/deployments'),
      fault: { kind: 'status', status: 403, body },
    });
    expect((await scenario.run()).error).toMatch(/^release-failed: [\s\S]*no Deployments on Fridays/);
    stop();
    expect((await scenario.run()).error).toBe('');
    expect(releases(scenario)[0]).toMatchObject({ status: 'deployed' });
  });

  it('is not run on a chart that ignores what sign-in needs', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    for (const [path, content] of Object.entries(await chartFiles('0.37.0'))) {
      await mkdir(join(scenario.runner.workspace, path, '..'), { recursive: true });
      await writeFile(join(scenario.runner.workspace, path), content.replace('version: 0.37.0', 'version: 0.39.0'));
    }
    const result = await scenario.run({ chart: './headlamp' });
    expect(result.error).toMatch(/^chart-not-headlamp: [\s\S]*-oidc-use-access-token/);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
