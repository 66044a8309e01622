import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import type { Answer, Service } from '../server/exchange.ts';
import { archive } from './archive.ts';

const PAGES = 'kubernetes-sigs.github.io';
const RELEASES = 'github.com';
const VERSIONS = ['0.45.0', '0.44.0', '0.43.0', '0.42.0', '0.38.0', '0.37.0', '0.30.1'];
const FOLDER = join(import.meta.dirname, '..', 'charts', 'headlamp');

interface Repository {
  /** Archives by their paths. */
  readonly packages: ReadonlyMap<string, Buffer>;
  readonly index: string;
}

/** The same in every emulator, so it is packed once per process. */
let repository: Promise<Repository> | undefined;

/** Headlamp's chart repository with a stand-in for the chart, in the versions whose sign-in settings differ. */
export async function createChartRepository(): Promise<{ service: Service }> {
  repository ??= packRepository();
  const { packages, index } = await repository;
  const answer = (host: string, path: string): Answer => {
    if (host === PAGES && path === '/headlamp/index.yaml')
      return { status: 200, headers: { 'content-type': 'text/yaml' }, body: index };
    const found = host === RELEASES ? packages.get(path) : undefined;
    return found
      ? { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: found }
      : { status: 404, body: 'Not Found' };
  };
  return {
    service: {
      name: 'charts',
      serves: (host) => host === PAGES || host === RELEASES,
      writes: () => false,
      answer: async ({ url }) => answer(url.hostname, url.pathname),
    },
  };
}

/** SHA-256 of the archive of a version, which is not the published one. */
export async function chartDigest(version = '0.45.0'): Promise<string> {
  return sha256(await chartArchive(version));
}

/** The archive of a version; empty if the repository has none. */
export async function chartArchive(version = '0.45.0'): Promise<Buffer> {
  repository ??= packRepository();
  return (await repository).packages.get(archivePath(version)) ?? Buffer.alloc(0);
}

export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

async function packRepository(): Promise<Repository> {
  const packages = new Map(
    await Promise.all(
      VERSIONS.map(async (version) => [archivePath(version), await archive(await chartFiles(version))] as const),
    ),
  );
  return { packages, index: indexOf(packages) };
}

/** The chart's files at a version, by their paths in the archive. */
export async function chartFiles(version: string): Promise<Record<string, string>> {
  const entries = await readdir(FOLDER, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const files = await Promise.all(
    paths.map(
      async (path) => [`headlamp${path.slice(FOLDER.length)}`, asOf(version, await readFile(path, 'utf8'))] as const,
    ),
  );
  return Object.fromEntries(files);
}

/** Removes what was added after the version. */
function asOf(version: string, source: string): string {
  const minor = Number(version.split('.')[1]);
  const versioned = source.replaceAll('0.45.0', version).replace(/ *# SCOPES-RULE(-END)?\n/g, '');
  const withoutScopes =
    minor >= 43
      ? versioned
      : versioned
          .replace(/ *"hasScopes": \{[^}]*\},?\n|,(?=\s*"hasScopes")/g, '')
          .replace(/ *hasScopes: false\n/, '')
          .replace(/ *\{\{- if \$oidc\.externalSecret\.hasScopes \}\}\n(.*\n) *\{\{- end \}\}\n/, '$1');
  return minor >= 38
    ? withoutScopes
    : withoutScopes.replace(/ *\{\{- if \$oidc\.useAccessToken \}\}\n.*\n *\{\{- end \}\}\n/, '');
}

function archivePath(version: string): string {
  return `/kubernetes-sigs/headlamp/releases/download/headlamp-helm-${version}/headlamp-${version}.tgz`;
}

function indexOf(packages: ReadonlyMap<string, Buffer>): string {
  const entries = VERSIONS.map((version) => {
    const content = packages.get(archivePath(version)) ?? Buffer.alloc(0);
    const digest = sha256(content);
    return {
      apiVersion: 'v2',
      name: 'headlamp',
      version,
      appVersion: version,
      type: 'application',
      created: '2026-01-01T00:00:00Z',
      digest,
      urls: [`https://${RELEASES}${archivePath(version)}`],
    };
  });
  return dump({ apiVersion: 'v1', generated: '2026-01-01T00:00:00Z', entries: { headlamp: entries } });
}
