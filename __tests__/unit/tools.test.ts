import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { realTools } from '../../emulator/helm/tools.ts';
import { createJobLog } from '../../src/action/job-log.ts';
import { archiveName, type HelmPlatform } from '../../src/helm/archive.ts';
import { findHelm, TESTED_HELM } from '../../src/helm/binary.ts';
import { builtInDigest } from '../../src/helm/chart-archive.ts';
import { helmChecksum, helmProgramChecksum } from '../../src/helm/checksums.ts';
import type { HelmSearch } from '../../src/helm/download.ts';
import { cleanEnvironment } from '../../src/helm/program.ts';
import { listCached, takeFromCache } from '../../src/helm/tool-cache.ts';
import { compareVersions } from '../../src/helm/version-order.ts';
import { createJournal } from '../../src/http/journal.ts';
import { createTransport } from '../../src/http/transport.ts';
import { parseChart } from '../../src/inputs/chart.ts';
import { DEFAULTS } from '../../src/inputs/defaults.ts';
import { fileDigest } from '../../src/lib/file-digest.ts';

const PLATFORMS = (['linux', 'darwin', 'win32'] as const).flatMap((os) =>
  ['x64', 'arm64'].map((arch) => ({ os, arch }) as const),
);

describe('versions', () => {
  it('are in the order of semver, not of letters', () => {
    const ordered = ['3.9.9', '3.14.0', '4.0.0-rc.2', '4.0.0-rc.10', '4.0.0', '4.9.0', '4.10.0-a', '4.10.0'];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
    expect(compareVersions('v4.1.4', '4.1.4+g05fa379')).toBe(0);
    expect(compareVersions('1.0.0-1', '1.0.0-a')).toBeLessThan(0);
    expect(compareVersions('1.0.0-a', '1.0.0-a.1')).toBeLessThan(0);
  });
});

describe('built-in checksums', () => {
  it('exist for every platform of the tested Helm, and all differ', () => {
    const checksums = PLATFORMS.map((platform) => helmChecksum(archiveName(TESTED_HELM, platform)));
    for (const checksum of checksums) expect(checksum).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(checksums).size).toBe(6);
  });

  it('include that of the helm program that the tests run', async () => {
    const { helm } = await realTools();
    const name = archiveName(TESTED_HELM, { os: 'linux', arch: 'x64' });
    expect(helmProgramChecksum(name)).toBe(await fileDigest(helm));
  });

  it('of charts exist for the default chart only, however its address is spelled', () => {
    const digestOf = (chart: string, version: string = DEFAULTS['chart-version']) => {
      const parsed = parseChart(chart);
      return parsed.ok ? builtInDigest(parsed.value, version) : parsed.problems.join();
    };
    expect(digestOf(DEFAULTS.chart)).toBe('38c619e0ed5db4164b02c353bcbb24e8157c1d98d961b292f99d68cc9316b8eb');
    expect(digestOf('HTTPS://Kubernetes-SIGs.github.io:443/headlamp#headlamp')).toBe(digestOf(DEFAULTS.chart));
    expect(digestOf(DEFAULTS.chart, '0.99.0')).toBeUndefined();
    expect(digestOf('https://charts.contoso.com#headlamp')).toBeUndefined();
    expect(digestOf('https://kubernetes-sigs.github.io/headlamp#other')).toBeUndefined();
  });
});

/** @param lines of the log */
function searchBy(platform: HelmPlatform, lines: string[] = []): HelmSearch {
  const journal = createJournal(() => {});
  const log = createJobLog({ print: (line) => lines.push(line), command: () => {} }, (text) => text);
  const transport = createTransport({ onRetry: () => {}, redact: (text) => text, journal, environment: {} });
  return { platform, transport, log };
}

describe('helm on the PATH', () => {
  it.for([
    ['linux', 'helm'],
    ['win32', 'helm.exe'],
  ] as const)('is run by an absolute path on %s: what the workspace has under its name is not', async ([os, name]) => {
    const folders = await mkdtemp(join(tmpdir(), 'path-'));
    onTestFinished(() => rm(folders, { recursive: true }));
    for (const [folder, version] of [
      ['workspace', '4.0.1'],
      ['runner', '4.0.2'],
    ] as const) {
      await mkdir(join(folders, folder));
      await writeFile(join(folders, folder, name), `#!/bin/sh\necho v${version}\n`, { mode: 0o755 });
    }
    // The workspace is the current folder of a step.
    const inWorkspace = relative(process.cwd(), join(folders, 'workspace'));
    const PATH = [inWorkspace, '', '.', join(folders, 'runner')].join(delimiter);
    const found = await findHelm(undefined, searchBy({ os, arch: 'x64', folder: folders, environment: { PATH } }));
    expect(found).toEqual({ path: join(folders, 'runner', name), version: '4.0.2' });
  });
});

describe('the tool cache', () => {
  async function cacheWith(...files: readonly string[]) {
    const cache = await mkdtemp(join(tmpdir(), 'a cache-'));
    onTestFinished(() => rm(cache, { recursive: true }));
    for (const file of files) {
      await mkdir(dirname(join(cache, file)), { recursive: true });
      await writeFile(join(cache, file), '');
    }
    return async (os: NodeJS.Platform, arch = 'x64') =>
      (await listCached({ os, arch, folder: '/nowhere', environment: { RUNNER_TOOL_CACHE: cache } })).map(
        ({ version, kind, path }) => [version, kind, path.slice(cache.length + 1)],
      );
  }

  it('is looked through newest first, in every layout', async () => {
    const own = 'headlamp-aks-entra-helm/4.9.0/x64/helm-v4.9.0-linux-amd64.tar.gz';
    const list = await cacheWith(
      'helm/4.9.0/x64/helm',
      'helm/4.10.0/x64/linux-amd64/helm',
      'helm/4.10.0/x64/linux-amd64/README.md',
      'helm/3.20.2/x64/linux-amd64/helm',
      'helm/4.11.0/arm64/helm',
      'helm/4.12.0/x64/README.md',
      'helm/not-a-version/x64/helm',
      own,
    );
    expect(await list('linux')).toEqual([
      ['4.10.0', 'program', 'helm/4.10.0/x64/linux-amd64/helm'],
      ['4.9.0', 'archive', own],
      ['4.9.0', 'program', 'helm/4.9.0/x64/helm'],
      ['3.20.2', 'program', 'helm/3.20.2/x64/linux-amd64/helm'],
    ]);
    expect(await list('linux', 'arm64')).toEqual([['4.11.0', 'program', 'helm/4.11.0/arm64/helm']]);
  });

  it('has helm.exe on Windows', async () => {
    const own = 'headlamp-aks-entra-helm/4.2.4/x64/helm-v4.2.4-windows-amd64.zip';
    const list = await cacheWith('helm/4.1.4/x64/windows-amd64/helm.exe', 'helm/4.2.0/x64/helm', own);
    expect(await list('win32')).toEqual([
      ['4.2.4', 'archive', own],
      ['4.1.4', 'program', 'helm/4.1.4/x64/windows-amd64/helm.exe'],
    ]);
  });

  it.each([
    ['a pipe', (path: string) => spawnSync('mkfifo', [path])],
    ['larger than any helm', (path: string) => spawnSync('truncate', ['--size', '300M', path])],
  ])('is not waited for if what an earlier job left in it is %s', async (_, leave) => {
    const folder = await mkdtemp(join(tmpdir(), 'run-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'left.tar.gz');
    leave(path);
    const lines: string[] = [];
    const search = searchBy({ os: 'linux', arch: 'x64', folder, environment: {} }, lines);
    const found = await takeFromCache({ version: TESTED_HELM, kind: 'archive', path }, search);
    expect(found).toBeUndefined();
    expect(lines.join()).toContain('it is not a file of at most 200 MB');
  });

  it('has nothing if there is no tool cache', async () => {
    expect(await listCached({ os: 'linux', arch: 'x64', folder: '/nowhere', environment: {} })).toEqual([]);
  });
});

describe('the environment of a program', () => {
  it('has paths and the network, and nothing else of the job', () => {
    const job = { PATH: '/bin', https_proxy: 'http://proxy', GITHUB_TOKEN: 't', INPUT_VALUES: 'v', HELM_PLUGINS: '/p' };
    expect(cleanEnvironment(job, '/run')).toEqual({
      PATH: '/bin',
      https_proxy: 'http://proxy',
      HTTPS_PROXY: 'http://proxy',
      HELM_CACHE_HOME: '/run/helm-cache',
      HELM_DATA_HOME: '/run/helm-data',
      KUBECACHEDIR: '/run/kube-cache',
    });
  });
});
