import { randomUUID } from 'node:crypto';
import { access, copyFile, mkdir, mkdtemp, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf } from '../lib/errors.ts';
import { fileDigest } from '../lib/file-digest.ts';
import { fileOrFolder } from '../lib/input-file.ts';
import type { Log } from '../lib/log.ts';
import { archiveName, findProgram, type HelmPlatform, programName, unpack } from './archive.ts';
import { helmProgramChecksum } from './checksums.ts';
import { expectedDigest, type HelmSearch } from './download.ts';
import { compareVersions } from './version-order.ts';

/**
 * The tool cache outlives jobs, and every job on the machine can write to it. A hash beside a program would protect
 * from accidents only: whoever replaces the program replaces the hash. So nothing is run inside the cache. This action
 * keeps archives as they were downloaded and verifies them as if they had just come over the network.
 */
export interface CachedHelm {
  readonly version: string;
  /** An archive that this action keeps, or a program that another action or the machine's image put there. */
  readonly kind: 'archive' | 'program';
  readonly path: string;
}

/** In bytes; Helm has 80 million. */
const LARGEST = 200_000_000;

const VERSION = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;
const ARCHIVES = 'headlamp-aks-entra-helm';
const PROGRAMS = 'helm';

/** Newest first; the archive first of the same version. */
export async function listCached(platform: HelmPlatform): Promise<readonly CachedHelm[]> {
  const cache = platform.environment['RUNNER_TOOL_CACHE'] ?? '';
  if (cache === '') return [];
  const [archives, programs] = await Promise.all([
    versionsIn(join(cache, ARCHIVES)),
    versionsIn(join(cache, PROGRAMS)),
  ]);
  const found = await Promise.all([
    ...archives.map(async (version): Promise<CachedHelm[]> => {
      const path = archivePath(version, platform, cache);
      const isThere = await access(path).then(
        () => true,
        () => false,
      );
      return isThere ? [{ version, kind: 'archive', path }] : [];
    }),
    ...programs.map(async (version): Promise<CachedHelm[]> => {
      const path = await findProgram(join(cache, PROGRAMS, version, platform.arch), platform.os);
      return path === undefined ? [] : [{ version, kind: 'program', path }];
    }),
  ]);
  return found.flat().sort((a, b) => compareVersions(b.version, a.version));
}

/** @returns the path of a verified program in the run's folder; undefined, with a line in the log, if it has no such */
export async function takeFromCache(cached: CachedHelm, search: HelmSearch): Promise<string | undefined> {
  const { version, kind, path } = cached;
  const name = archiveName(version, search.platform);
  try {
    const folder = await mkdtemp(join(search.platform.folder, `helm-${version}-`));
    if (kind === 'program')
      return await copyVerified(path, join(folder, programName(search.platform.os)), helmProgramChecksum(name));
    const archive = await copyVerified(path, join(folder, name), await expectedDigest(name, search));
    return await unpack(archive, folder, search.platform);
  } catch (error) {
    search.log.info(`Helm ${version} in the tool cache is not used (${path}): ${messageOf(error)}`);
    return undefined;
  }
}

/** Keeps a verified archive for later jobs, if the tool cache can be written to. */
export async function keepInCache(archive: string, version: string, platform: HelmPlatform, log: Log): Promise<void> {
  const cache = platform.environment['RUNNER_TOOL_CACHE'] ?? '';
  if (cache === '') return;
  const path = archivePath(version, platform, cache);
  const partial = `${path}.${randomUUID()}`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await copyFile(archive, partial);
    await rename(partial, path);
  } catch (error) {
    log.info(`Helm ${version} cannot be kept in the tool cache: ${messageOf(error)}`);
  }
}

/** Verifies the copy: the original could change after the check. */
async function copyVerified(from: string, to: string, expected: string | undefined): Promise<string> {
  if (expected === undefined) throw new Error('this action has no checksum of that program');
  fileOrFolder(from, LARGEST);
  await copyFile(from, to);
  const actual = await fileDigest(to);
  if (actual !== expected) throw new Error(`its SHA-256 is ${actual}, not ${expected}`);
  return to;
}

async function versionsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => VERSION.test(name));
}

function archivePath(version: string, platform: HelmPlatform, cache: string): string {
  return join(cache, ARCHIVES, version, platform.arch, archiveName(version, platform));
}
