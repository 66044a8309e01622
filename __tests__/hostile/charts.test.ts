import { spawnSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { chartArchive, chartDigest, chartFiles, sha256 } from '../../emulator/helm/chart-repository.ts';
import { manifestDigest } from '../../emulator/helm/oci-registry.ts';
import { list, text } from '../../emulator/lib/json.ts';
import type { Answer } from '../../emulator/server/exchange.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, releases, type Scenario, withEntra } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';
import { type RawEntry, rawArchive } from './tar.ts';

const REGISTRY = 'oci://registry.contoso.com/charts/headlamp';
const REPOSITORY = 'https://kubernetes-sigs.github.io/headlamp/#headlamp';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const SOME_DIGEST = 'a1'.repeat(32);

const createHostile = () => createScenario({ cluster: withEntra() });

/** The answer with another content, whose length fits. */
const containing = (answer: Answer, body: string | Buffer): Answer => ({
  ...answer,
  headers: { ...answer.headers, 'content-length': String(Buffer.byteLength(body)) },
  body,
});

/** Answers in place of the registry for what the pattern finds in a path. */
function rewriteRegistry({ emulator }: Scenario, pattern: RegExp, rewrite: (answer: Answer) => Answer): void {
  emulator.rewrites.add(({ url }, answer) =>
    url.hostname === 'registry.contoso.com' && pattern.test(url.pathname) ? rewrite(answer) : undefined,
  );
}

/** Makes the index of the chart repository name this address for the archive. */
async function rewriteIndex({ emulator }: Scenario, address: string): Promise<void> {
  const entry = { apiVersion: 'v2', name: 'headlamp', version: '0.45.0', digest: await chartDigest(), urls: [address] };
  emulator.rewrites.add(({ url }, answer) =>
    url.pathname === '/headlamp/index.yaml'
      ? containing(answer, JSON.stringify({ apiVersion: 'v1', entries: { headlamp: [entry] } }))
      : undefined,
  );
}

async function expectNothingDone(scenario: Scenario, result: Awaited<ReturnType<Scenario['run']>>): Promise<void> {
  expect(scenario.emulator.requests.writes()).toEqual([]);
  expect((await scenario.helmTraces()).some((trace) => /^(template|upgrade)\n/.test(trace))).toBe(false);
  await expectHarmless(scenario, result);
}

describe('a path of a chart that leads to something without an end', () => {
  it.for([
    ['a pipe', {}],
    ['a pipe, and has a digest', { 'chart-digest': SOME_DIGEST }],
    ['a device', {}],
    ['a device, and has a digest', { 'chart-digest': SOME_DIGEST }],
    ['a folder whose description is a pipe', {}],
    ['a folder whose description is a device', {}],
  ] as const)('ends the run at once if it is %s', async ([what, inputs]) => {
    const scenario = await createHostile();
    const folder = join(scenario.runner.workspace, 'folder');
    await mkdir(folder);
    const path = what.includes('folder') ? join(folder, 'Chart.yaml') : join(scenario.runner.workspace, 'chart.tgz');
    if (what.includes('pipe')) spawnSync('mkfifo', [path]);
    else await symlink('/dev/zero', path);
    const chart = what.includes('folder') ? './folder' : './chart.tgz';
    const result = await scenario.run({ chart, ...inputs });
    expectRefusal(result, 'chart-not-found', chart, 'not a file of at most 100 MB');
    await expectNothingDone(scenario, result);
  });
});

/** Ten bytes in a second, and then no end. */
async function* slowly(body: Answer['body'], signal: AbortSignal) {
  for (const byte of Buffer.isBuffer(body) ? body : Buffer.from(String(body))) {
    yield Buffer.from([byte]);
    await sleep(100, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
  }
}

describe('a source of charts that does not finish an answer', () => {
  it.for([
    ['a repository does not answer', REPOSITORY, /^\/headlamp\/index\.yaml$/, 'never'],
    ['a repository sends its index byte by byte', REPOSITORY, /^\/headlamp\/index\.yaml$/, 'slowly'],
    ['a repository sends the archive byte by byte', REPOSITORY, /\.tgz$/, 'slowly'],
    ['a registry does not answer', REGISTRY, /^\/v2\//, 'never'],
    ['a registry sends the archive byte by byte', REGISTRY, /\/blobs\//, 'slowly'],
  ] as const)('ends the run after wait-timeout if %s', async ([, chart, pattern, pace]) => {
    const scenario = await createHostile();
    const { faults, rewrites, clock } = scenario.emulator;
    if (pace === 'never') faults.add({ matches: ({ url }) => pattern.test(url.pathname), fault: { kind: 'hang' } });
    else
      rewrites.add(({ url, signal }, answer) =>
        pattern.test(url.pathname) ? { ...answer, body: slowly(answer.body, signal) } : undefined,
      );
    const start = clock.now();
    const result = await scenario.run({ chart, 'wait-timeout': '30s' });
    expectRefusal(result, 'chart-not-found', chart, 'helm pull did not finish within 30 seconds');
    expect(clock.now() - start).toBeLessThan(120_000);
    await expectNothingDone(scenario, result);
  });
});

describe('plain HTTP', () => {
  it.for([
    [
      'a registry redirects to',
      async (scenario: Scenario) => {
        const location = 'http://evil.example/blob';
        rewriteRegistry(scenario, /\/blobs\//, () => ({ status: 307, headers: { location } }));
        return { chart: REGISTRY };
      },
    ],
    [
      'a registry wants the sign-in by',
      async (scenario: Scenario) => {
        const challenge = 'Bearer realm="http://evil.example/token",service="registry"';
        rewriteRegistry(scenario, /./, () => ({ status: 401, headers: { 'www-authenticate': challenge } }));
        return { chart: REGISTRY };
      },
    ],
    [
      'a repository redirects to',
      async ({ emulator }: Scenario) => {
        emulator.rewrites.add(({ url }) =>
          url.pathname === '/headlamp/index.yaml'
            ? { status: 302, headers: { location: 'http://evil.example/index.yaml' } }
            : undefined,
        );
        return { chart: REPOSITORY };
      },
    ],
    [
      'the index of a repository names',
      async (scenario: Scenario) => {
        await rewriteIndex(scenario, 'http://evil.example/headlamp-0.45.0.tgz');
        return { chart: REPOSITORY, 'chart-digest': await chartDigest() };
      },
    ],
  ] as const)('that %s is not used', async ([, arrange]) => {
    const scenario = await createHostile();
    const result = await scenario.run(await arrange(scenario));
    expectRefusal(result, 'chart-not-found', 'http://evil.example/', 'plain HTTP is refused');
    await expectNothingDone(scenario, result);
  });
});

describe('a registry', () => {
  it.for([
    ['another archive than its manifest names', /\/blobs\//, (answer: Answer) => containing(answer, rawArchive([]))],
    [
      'a manifest of a size that no archive has',
      /\/manifests\//,
      (answer: Answer) => {
        const manifest = String(answer.body).replace(/"size":\d{4,}/g, '"size":8000000000000');
        const headers = { 'content-type': MANIFEST, 'docker-content-digest': `sha256:${sha256(manifest)}` };
        return containing({ status: 200, headers }, manifest);
      },
    ],
  ] as const)('that serves %s gets nothing deployed', async ([, pattern, rewrite]) => {
    const scenario = await createHostile();
    rewriteRegistry(scenario, pattern, rewrite);
    const result = await scenario.run({ chart: REGISTRY });
    expectRefusal(result, 'chart-not-found', REGISTRY);
    await expectNothingDone(scenario, result);
  });

  it('cannot serve another chart under a digest', async () => {
    const scenario = await createHostile();
    const [archive, other] = await Promise.all([chartArchive('0.45.0'), chartArchive('0.44.0')]);
    rewriteRegistry(scenario, /\/manifests\//, (answer) =>
      containing(answer, String(answer.body).replaceAll(sha256(archive), sha256(other))),
    );
    const result = await scenario.run({ chart: `${REGISTRY}@${await manifestDigest('0.45.0')}` });
    expectRefusal(result, 'chart-not-found', REGISTRY);
    await expectNothingDone(scenario, result);
  });
});

/** What a release was rendered from. */
function templateIn(record: string, name: string): string {
  const found = list(JSON.parse(record), 'chart', 'templates').find((template) => text(template, 'name') === name);
  return text(found, 'data') ?? '';
}

describe('an archive of a chart', () => {
  const escaping: readonly (readonly [string, RawEntry])[] = [
    ['above its folder', { path: 'headlamp/../../../escaped.yaml', content: 'a: 1' }],
    ['at an absolute path', { path: '/tmp/headlamp-escaped.yaml', content: 'a: 1' }],
    ['at a path of Windows', { path: 'headlamp\\..\\..\\escaped.yaml', content: 'a: 1' }],
    ['that is a link to a file of the runner', { path: 'headlamp/templates/x.yaml', type: '2', target: '/etc/passwd' }],
    ['that is a device', { path: 'headlamp/templates/x.yaml', type: '3' }],
  ];

  it.for(escaping)('with an entry %s writes and reads nothing outside', async ([, entry]) => {
    const scenario = await createHostile();
    const files = Object.entries(await chartFiles('0.45.0')).map(([path, content]) => ({ path, content }));
    await writeFile(join(scenario.runner.workspace, 'headlamp.tgz'), rawArchive([...files, entry]));
    const result = await scenario.run({ chart: './headlamp.tgz' });
    if (result.exitCode !== 0) expectRefusal(result, 'chart-not-found', './headlamp.tgz');
    expect(releases(scenario)).toHaveLength(result.exitCode === 0 ? 1 : 0);
    for (const folder of [scenario.runner.workspace, scenario.runner.temp, join(scenario.runner.temp, '..'), '/tmp'])
      expect((await readdir(folder)).filter((name) => name.includes('escaped'))).toEqual([]);
    for (const { record } of releases(scenario)) expect(templateIn(record, 'templates/x.yaml')).toBe('');
    await expectHarmless(scenario, result);
  });
});
