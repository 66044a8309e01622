import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, downloadTool, extractTar, extractZip, find, findAllVersions } from '@actions/tool-cache';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fileDigest } from '../lib/file-digest.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { helmChecksum } from './checksums.ts';
import { cleanEnvironment, type Environment, runProgram } from './program.ts';

/** The version that this action is tested with. */
export const TESTED_HELM = '4.1.4';

const SITE = 'https://get.helm.sh';

/** 3.14 is the first version with release labels on upgrade --install; 5 is untested. */
const SUPPORTED = { from: [3, 14], belowMajor: 5 } as const;

export interface HelmBinary {
  readonly path: string;
  readonly version: string;
}

/** The machine that runs helm. */
export interface HelmPlatform {
  readonly os: NodeJS.Platform;
  readonly arch: string;
  /** Folder for the download; RUNNER_TOOL_CACHE keeps the result. */
  readonly folder: string;
  readonly hasToolCache: boolean;
  readonly environment: Environment;
}

type Fits = (version: string) => boolean;

const VERSION_TIMEOUT_MS = 30_000;

/** In the folder of a download in the tool cache: the SHA-256 of its executable. */
const DIGEST_FILE = 'headlamp-aks-entra.sha256';

/**
 * Finds helm on the PATH or in the tool cache, or downloads it.
 * @param wanted an exact version, `latest`, or undefined for any supported one
 * @throws ActionError helm-version-unsupported, helm-download-failed, helm-checksum-mismatch
 */
export async function findHelm(
  wanted: string | undefined,
  platform: HelmPlatform,
  transport: Transport,
  log: Log,
): Promise<HelmBinary> {
  const version = wanted === 'latest' ? await latestVersion(transport) : wanted;
  if (version !== undefined && !isSupported(version)) {
    throw new ActionError({
      id: 'helm-version-unsupported',
      what: `Helm ${version} is not supported`,
      why: `This action needs Helm ${SUPPORTED.from.join('.')} or later, below ${SUPPORTED.belowMajor}`,
      fix: fix`set helm-version to ${TESTED_HELM}, or leave it out.`,
    });
  }
  const fits = (candidate: string) => (version === undefined ? isSupported(candidate) : candidate === version);
  const found = (await onPath(fits, platform)) ?? (await inToolCache(fits, platform, log));
  if (found) {
    log.info(`Helm ${found.version} found at ${found.path}`);
    return found;
  }
  return download(version ?? TESTED_HELM, platform, transport, log);
}

export function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [fromMajor, fromMinor] = SUPPORTED.from;
  return major < SUPPORTED.belowMajor && (major > fromMajor || (major === fromMajor && minor >= fromMinor));
}

/** The name of Helm's release archive, such as helm-v4.1.4-linux-amd64.tar.gz. */
export function archiveName(version: string, os: NodeJS.Platform, arch: string): string {
  const system = os === 'win32' ? 'windows' : os;
  const machine = arch === 'x64' ? 'amd64' : arch;
  return `helm-v${version}-${system}-${machine}.${system === 'windows' ? 'zip' : 'tar.gz'}`;
}

/** PATH belongs to the runner, as every program of the job does. */
async function onPath(fits: Fits, platform: HelmPlatform): Promise<HelmBinary | undefined> {
  const version = await versionOf('helm', platform);
  return version !== undefined && fits(version) ? { path: 'helm', version } : undefined;
}

/** The version that the binary reports; undefined if it is missing or does not run here. */
async function versionOf(path: string, { environment }: HelmPlatform): Promise<string | undefined> {
  try {
    const args = ['version', '--template', '{{.Version}}'];
    const { exitCode, stdout } = await runProgram(path, args, cleanEnvironment(environment), VERSION_TIMEOUT_MS);
    const version = /^v?(\d+\.\d+\.\d+[-\w.]*)/.exec(stdout.trim())?.[1];
    return exitCode === 0 ? version : undefined;
  } catch {
    return undefined;
  }
}

/** Other steps may write to the tool cache, so of what is there only this action's own downloads are run. */
async function inToolCache(fits: Fits, platform: HelmPlatform, log: Log): Promise<HelmBinary | undefined> {
  if (!platform.hasToolCache) return undefined;
  const versions = [...findAllVersions('helm', platform.arch)].filter(fits).sort(newestFirst);
  for (const version of versions) {
    const folder = find('helm', version, platform.arch);
    const path = executableIn(folder, platform);
    if (await isOwnDownload(folder, path)) return { path, version };
    log.info(`Helm ${version} in the tool cache was not downloaded by this action, and is not used`);
  }
  return undefined;
}

/** Beside an own download lies the digest of its executable. */
async function isOwnDownload(folder: string, path: string): Promise<boolean> {
  const stored = await readFile(join(folder, DIGEST_FILE), 'utf8').catch(() => undefined);
  return stored !== undefined && (await fileDigest(path).catch(() => undefined)) === stored;
}

function newestFirst(a: string, b: string): number {
  const [own, other] = [a, b].map((version) => version.split(/[.+-]/).map(Number));
  const at = own?.findIndex((part, index) => part !== other?.[index]) ?? -1;
  return at === -1 ? 0 : (other?.[at] ?? 0) - (own?.[at] ?? 0);
}

async function latestVersion(transport: Transport): Promise<string> {
  const text = await readText(`${SITE}/helm-latest-version`, transport);
  return text.trim().replace(/^v/, '');
}

async function download(version: string, platform: HelmPlatform, transport: Transport, log: Log): Promise<HelmBinary> {
  const name = archiveName(version, platform.os, platform.arch);
  const url = `${SITE}/${name}`;
  log.info(`Downloading Helm ${version} from ${url}`);
  const expected = helmChecksum(name) ?? (await publishedChecksum(url, transport, log));
  const archive = await downloadTool(url, join(platform.folder, name)).catch((error: unknown) => {
    throw downloadFailed(url, messageOf(error));
  });
  const actual = await fileDigest(archive);
  if (actual !== expected) throw checksumMismatch(url, actual, expected);
  const unpacked = join(platform.folder, 'helm');
  await (name.endsWith('.zip') ? extractZip(archive, unpacked) : extractTar(archive, unpacked));
  const inner = join(unpacked, name.replace(/^helm-v[^-]+-/, '').replace(/\.(zip|tar\.gz)$/, ''));
  const path = executableIn(inner, platform);
  const found = await versionOf(path, platform);
  if (found === undefined) throw downloadFailed(url, 'the program in it does not run on this machine');
  if (platform.hasToolCache) {
    await writeFile(join(inner, DIGEST_FILE), await fileDigest(path));
    await cacheDir(inner, 'helm', version, platform.arch);
  }
  // The copy in the tool cache is for later runs: this one runs what it has just verified.
  return { path, version: found };
}

async function publishedChecksum(url: string, transport: Transport, log: Log): Promise<string> {
  log.info(`This action knows no checksum of ${url}; it goes by the one that is published beside it`);
  return (await readText(`${url}.sha256sum`, transport)).trim().split(/\s+/)[0] ?? '';
}

function checksumMismatch(url: string, actual: string, expected: string): ActionError {
  return new ActionError({
    id: 'helm-checksum-mismatch',
    what: `${url} is not the archive that Helm published`,
    why: `Its SHA-256 is ${actual}, not ${expected}`,
    fix: fix`find out who changed it (a proxy or mirror on the way); or install helm on the runner.`,
  });
}

function executableIn(folder: string, platform: HelmPlatform): string {
  return join(folder, platform.os === 'win32' ? 'helm.exe' : 'helm');
}

async function readText(url: string, transport: Transport): Promise<string> {
  const response = await transport
    .channel()({ method: 'GET', url })
    .catch((error: unknown) => {
      throw downloadFailed(url, messageOf(error));
    });
  if (response.status !== 200) throw downloadFailed(url, `the server answered ${response.status}`);
  return response.text;
}

function downloadFailed(url: string, why: string): ActionError {
  return new ActionError({
    id: 'helm-download-failed',
    what: `Downloading ${url} failed`,
    why,
    fix: fix`check helm-version and that the runner reaches get.helm.sh, or install helm on the runner.`,
  });
}
