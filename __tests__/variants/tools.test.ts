import { access, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { archive } from '../../emulator/helm/archive.ts';
import { chartArchive, chartDigest, sha256 } from '../../emulator/helm/chart-repository.ts';
import { UNKNOWN_HELM } from '../../emulator/helm/downloads.ts';
import { manifestDigest, REGISTRY_USER } from '../../emulator/helm/oci-registry.ts';
import { realTools } from '../../emulator/helm/tools.ts';
import type { Exchange } from '../../emulator/server/exchange.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

/** A runner whose PATH has no helm. */
const WITHOUT_HELM = { PATH: '/usr/bin:/bin' };
/** A version without a checksum in the action: the emulator packs its archives itself. */
const UNKNOWN = { 'helm-version': UNKNOWN_HELM };

const to =
  (pattern: RegExp) =>
  ({ url }: Exchange) =>
    pattern.test(url.pathname);
const downloads = ({ emulator }: Scenario) =>
  emulator.requests.all().filter(({ host, path }) => host === 'get.helm.sh' && path.endsWith('.tar.gz')).length;

/** Puts a program into the tool cache, with its hash beside it. @returns whether it was ever run */
async function poison(scenario: Scenario, ...path: readonly string[]): Promise<() => Promise<boolean>> {
  const file = join(scenario.runner.toolCache, ...path);
  const trace = join(scenario.runner.workspace, 'was-run');
  const program = `#!/bin/sh\ntouch '${trace}'\necho v${UNKNOWN_HELM}\n`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, program, { mode: 0o755 });
  await Promise.all([
    writeFile(join(dirname(file), 'headlamp-aks-entra.sha256'), sha256(program)),
    writeFile(`${file}.sha256`, sha256(program)),
  ]);
  return () =>
    access(trace).then(
      () => true,
      () => false,
    );
}

describe('helm on a runner without one', () => {
  it('is downloaded, verified and kept in the tool cache', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run(UNKNOWN, WITHOUT_HELM);
    expect(result.error).toBe('');
    expect(result.output).toContain(`This action has no checksum of helm-v${UNKNOWN_HELM}-linux-amd64.tar.gz`);
    expect(downloads(scenario)).toBe(1);
    const upgraded = await scenario.run({ values: 'podLabels: {team: a}' }, WITHOUT_HELM);
    expect(upgraded.outputs['release-revision']).toBe('2');
    expect(downloads(scenario)).toBe(1);
  });

  it('is the newest with helm-version latest, and has run before doctor calls it ok', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ mode: 'doctor', 'helm-version': 'latest' }, WITHOUT_HELM);
    expect(result.error).toBe('');
    expect(result.summary).toContain(` ok | Helm | ${UNKNOWN_HELM} |`);
  });

  it('is refused if it is not the archive whose checksum is built in', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({}, WITHOUT_HELM);
    const published = '70b2c30a19da4db264dfd68c8a3664e05093a361cefd89572ffb36f8abfa3d09';
    expectRefusal(result, 'helm-checksum-mismatch', 'helm-v4.1.4-linux-amd64.tar.gz', published);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    // What the site says of it does not count.
    expect(scenario.emulator.requests.all().some(({ path }) => path.endsWith('sha256sum'))).toBe(false);
  });

  it('is refused if its checksum is not the published one', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: to(/sha256sum$/),
      fault: { kind: 'status', status: 200, body: `${'0'.repeat(64)}  helm\n` },
    });
    expectRefusal(await scenario.run(UNKNOWN, WITHOUT_HELM), 'helm-checksum-mismatch', 'SHA-256', '0'.repeat(64));
  });

  it('is refused if it does not run on this machine', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const body = await archive({ 'linux-amd64/helm': 'not a program' });
    scenario.emulator.faults.add({ matches: to(/\.tar\.gz$/), fault: { kind: 'status', status: 200, body } });
    scenario.emulator.faults.add({
      matches: to(/sha256sum$/),
      fault: { kind: 'status', status: 200, body: `${sha256(body)}  helm\n` },
    });
    expectRefusal(await scenario.run(UNKNOWN, WITHOUT_HELM), 'helm-download-failed', 'does not run on this machine');
  });

  it('is not downloaded from where the text of the latest version points if it is no version', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: to(/latest-version$/),
      fault: { kind: 'status', status: 200, body: 'v4.1.9/../../x' },
    });
    const result = await scenario.run({ 'helm-version': 'latest' }, WITHOUT_HELM);
    expectRefusal(result, 'helm-download-failed', 'not a version');
    expect(downloads(scenario)).toBe(0);
  });
});

describe('helm in the tool cache', () => {
  it.each([
    ['beside its hash', ['helm', UNKNOWN_HELM, 'x64', 'helm']],
    ['in the layout of setup-helm', ['helm', UNKNOWN_HELM, 'x64', 'linux-amd64', 'helm']],
    [
      'in place of an archive of this action',
      ['headlamp-aks-entra-helm', UNKNOWN_HELM, 'x64', `helm-v${UNKNOWN_HELM}-linux-amd64.tar.gz`],
    ],
  ])('that anybody may have put there is never run: %s', async (_, path) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const wasRun = await poison(scenario, ...path);
    const result = await scenario.run(UNKNOWN, WITHOUT_HELM);
    expect(result.error).toBe('');
    expect(result.output).toMatch(/Helm [\d.]+ in the tool cache is not used \(.*\): /);
    expect(await wasRun()).toBe(false);
    expect(downloads(scenario)).toBe(1);
  });

  it('is used where setup-helm left the published one, and has run before doctor calls it ok', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const folder = join(scenario.runner.toolCache, 'helm', '4.1.4', 'x64', 'linux-amd64');
    await mkdir(folder, { recursive: true });
    await copyFile((await realTools()).helm, join(folder, 'helm'));
    const result = await scenario.run({ mode: 'doctor' }, WITHOUT_HELM);
    expect(result.error).toBe('');
    expect(result.summary).toContain(' ok | Helm | 4.1.4 |');
    expect((await scenario.run({}, WITHOUT_HELM)).error).toBe('');
    expect(downloads(scenario)).toBe(0);
  });
});

it('helm gets nothing of the job but its paths and the network, not even to say its version', async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  const secret = 'secret-of-the-job';
  const result = await scenario.run({}, { GITHUB_TOKEN: secret, NPM_TOKEN: secret, AZURE_CLIENT_SECRET: secret });
  expect(result.error).toBe('');
  const traces = await scenario.helmTraces();
  const calls = traces.filter((trace) => /^PATH=/m.test(trace));
  expect(calls.some((call) => call.startsWith('version\n'))).toBe(true);
  for (const call of calls) {
    expect(call).not.toContain(secret);
    expect(call).not.toMatch(/^(INPUT_|ACTIONS_|GITHUB_|STATE_|HELM_PLUGINS=)/m);
    expect(call).toMatch(/^HELM_DATA_HOME=.*headlamp-aks-entra-/m);
  }
});

const REGISTRY = 'oci://registry.contoso.com/charts/headlamp';

describe('the chart', () => {
  it('is refused before it is rendered if it is not the published archive', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ 'chart-digest': '' });
    const published = '38c619e0ed5db4164b02c353bcbb24e8157c1d98d961b292f99d68cc9316b8eb';
    expectRefusal(result, 'chart-digest-mismatch', published, await chartDigest());
    expect((await scenario.helmTraces()).some((trace) => trace.startsWith('template\n'))).toBe(false);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it.each([
    ['with its tag', async () => `${REGISTRY}:0.45.0`],
    ['without a tag', async () => REGISTRY],
    ['by its digest', async () => `${REGISTRY}@${await manifestDigest('0.45.0')}`],
    ['by tag and digest', async () => `${REGISTRY}:0.45.0@${await manifestDigest('0.45.0')}`],
  ])('comes from a registry %s', async (title, reference) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const chart = await reference();
    const result = await scenario.run({ chart });
    expect(result.error).toBe('');
    expect(result.output.includes('is not verified: no SHA-256 of it is known')).toBe(!title.includes('digest'));
    expect((await scenario.run({ chart })).outputs['changes']).toBe('[]');
  });

  it('comes from a registry that asks for a sign-in, which a step before did with helm registry login', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const chart = 'oci://private.contoso.com/charts/headlamp';
    const home = { HOME: join(scenario.runner.workspace, 'home') };
    const folder = join(home.HOME, '.config', 'helm', 'registry');
    await mkdir(folder, { recursive: true });
    const runAs = async (user: string | undefined) => {
      const auths = user === undefined ? {} : { 'private.contoso.com': { auth: btoa(user) } };
      await writeFile(join(folder, 'config.json'), JSON.stringify({ auths }));
      return scenario.run({ chart }, home);
    };
    expectRefusal(
      await runAs(undefined),
      'chart-not-found',
      'credential not found',
      'helm registry login private.contoso.com',
    );
    expectRefusal(await runAs('reader:expired'), 'chart-not-found', '401', 'helm registry login');
    expect((await runAs(REGISTRY_USER)).error).toBe('');
  });

  it('by a digest that the registry does not have, or has for another version, is not found', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expectRefusal(await scenario.run({ chart: `${REGISTRY}@sha256:${'a1'.repeat(32)}` }), 'chart-not-found', 'a1a1');
    const older = `${REGISTRY}@${await manifestDigest('0.44.0')}`;
    expectRefusal(await scenario.run({ chart: older }), 'chart-not-found', 'is not version 0.45.0', '0.44.0');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that a deployment was made of without chart-digest is deployed again with it, and then is in sync', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const inputs = { chart: REGISTRY, 'chart-digest': '' };
    expect((await scenario.run(inputs)).error).toBe('');
    const stated = { ...inputs, 'chart-digest': await chartDigest() };
    expect((await scenario.run(stated)).outputs['release-revision']).toBe('2');
    expect((await scenario.run(stated)).outputs['changes']).toBe('[]');
  });

  it('in the workspace is verified if it is an archive', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await writeFile(join(scenario.runner.workspace, 'headlamp.tgz'), await chartArchive());
    const chart = './headlamp.tgz';
    const wrong = await scenario.run({ chart, 'chart-digest': await chartDigest('0.44.0') });
    expectRefusal(wrong, 'chart-digest-mismatch', chart);
    expect((await scenario.run({ chart, 'chart-digest': await chartDigest() })).error).toBe('');
  });

  it('in a folder has no digest: chart-digest is reported with all other wrong inputs', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await mkdir(join(scenario.runner.workspace, 'headlamp'));
    const inputs = { chart: './headlamp', 'chart-digest': 'a1'.repeat(32), 'wait-timeout': 'long' };
    expectRefusal(await scenario.run(inputs), 'invalid-inputs', 'chart-digest: ./headlamp is a folder', 'wait-timeout');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });
});
