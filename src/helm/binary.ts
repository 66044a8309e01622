import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type HelmPlatform, programName, unpack } from './archive.ts';
import { archiveUrl, downloadArchive, downloadFailed, type HelmSearch, latestVersion } from './download.ts';
import { cleanEnvironment, foldersOf, runProgram } from './program.ts';
import { keepInCache, listCached, takeFromCache } from './tool-cache.ts';

/** The version that this action is tested with. */
export const TESTED_HELM = '4.1.4';

/** 3.14 is the first version with release labels on upgrade --install; 5 is untested. */
const SUPPORTED = { from: [3, 14], belowMajor: 5 } as const;

export interface HelmBinary {
  readonly path: string;
  readonly version: string;
}

type Fits = (version: string) => boolean;

const VERSION_TIMEOUT_MS = 30_000;

/**
 * Finds helm on the PATH, which the runner controls and which is trusted, or in the tool cache, which is not; otherwise
 * downloads it. The version is the one that the program itself prints, so the program runs on this machine.
 * @param wanted an exact version, `latest`, or undefined for any supported one
 * @throws ActionError helm-version-unsupported, helm-download-failed, helm-checksum-mismatch
 */
export async function findHelm(wanted: string | undefined, search: HelmSearch): Promise<HelmBinary> {
  const version = wanted === 'latest' ? await latestVersion(search.transport) : wanted;
  if (version !== undefined && !isSupported(version)) {
    throw new ActionError({
      id: 'helm-version-unsupported',
      what: `Helm ${version} is not supported`,
      why: `This action needs Helm ${SUPPORTED.from.join('.')} or later, below ${SUPPORTED.belowMajor}`,
      fix: fix`set helm-version to ${TESTED_HELM}, or leave it out.`,
    });
  }
  const fits = (candidate: string) => (version === undefined ? isSupported(candidate) : candidate === version);
  const found = (await onPath(fits, search.platform)) ?? (await inToolCache(fits, search));
  if (!found) return download(version ?? TESTED_HELM, search);
  search.log.info(`Helm ${found.version} found at ${found.path}`);
  return found;
}

function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [fromMajor, fromMinor] = SUPPORTED.from;
  return major < SUPPORTED.belowMajor && (major > fromMajor || (major === fromMajor && minor >= fromMinor));
}

/** By its absolute path: a relative folder of the PATH, and on Windows any name, could lead into the repository. */
async function onPath(fits: Fits, platform: HelmPlatform): Promise<HelmBinary | undefined> {
  for (const folder of new Set(foldersOf(platform.environment['PATH']))) {
    const path = join(folder, programName(platform.os));
    const version = (await isExecutable(path)) ? await versionOf(path, platform) : undefined;
    if (version !== undefined && fits(version)) return { path, version };
  }
  return undefined;
}

async function inToolCache(fits: Fits, search: HelmSearch): Promise<HelmBinary | undefined> {
  for (const cached of await listCached(search.platform)) {
    const path = fits(cached.version) ? await takeFromCache(cached, search) : undefined;
    const version = path && (await versionOf(path, search.platform));
    if (path && version && fits(version)) return { path, version };
    if (path) search.log.info(`${cached.path} is not used: it says that its version is ${version ?? 'none'}`);
  }
  return undefined;
}

async function download(version: string, search: HelmSearch): Promise<HelmBinary> {
  const { platform, log } = search;
  const url = archiveUrl(version, platform);
  const archive = await downloadArchive(version, search);
  const path = await unpack(archive, join(platform.folder, 'helm'), platform).catch((error: unknown) => {
    throw downloadFailed(url, messageOf(error));
  });
  const found = path && (await versionOf(path, platform));
  if (!path || !found) throw downloadFailed(url, 'the program in it does not run on this machine');
  await keepInCache(archive, version, platform, log);
  return { path, version: found };
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The version that the program reports; undefined if it does not run here. */
async function versionOf(path: string, { environment, folder }: HelmPlatform): Promise<string | undefined> {
  try {
    const args = ['version', '--template', '{{.Version}}'];
    const { exitCode, stdout } = await runProgram(
      path,
      args,
      cleanEnvironment(environment, folder),
      VERSION_TIMEOUT_MS,
    );
    const version = /^v?(\d+\.\d+\.\d+[-\w.]*)/.exec(stdout.trim())?.[1];
    return exitCode === 0 ? version : undefined;
  } catch {
    return undefined;
  }
}
