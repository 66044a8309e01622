import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { getExecOutput } from '@actions/exec';
import { cacheDir, downloadTool, extractTar, extractZip, find, findAllVersions } from '@actions/tool-cache';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';

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
}

/**
 * Finds helm on the PATH or in the tool cache, or downloads it.
 * @param wanted an exact version, `latest`, or undefined for any supported one
 * @throws ActionError helm-version-unsupported, helm-download-failed
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
  const found = (await onPath(fits)) ?? (platform.hasToolCache ? inToolCache(fits, platform) : undefined);
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

async function onPath(fits: (version: string) => boolean): Promise<HelmBinary | undefined> {
  const version = await versionOf('helm');
  return version !== undefined && fits(version) ? { path: 'helm', version } : undefined;
}

/** The version that the binary reports; undefined if it is missing or does not run here. */
async function versionOf(path: string): Promise<string | undefined> {
  try {
    // Quoted: exec splits its first argument at spaces, and a runner's folders may contain some.
    const { exitCode, stdout } = await getExecOutput(`"${path}"`, ['version', '--template', '{{.Version}}'], {
      silent: true,
      ignoreReturnCode: true,
    });
    const version = stdout.trim().replace(/^v/, '').replace(/\+.*$/, '');
    return exitCode === 0 && version !== '' ? version : undefined;
  } catch {
    return undefined;
  }
}

function inToolCache(fits: (version: string) => boolean, platform: HelmPlatform): HelmBinary | undefined {
  const version = findAllVersions('helm', platform.arch).filter(fits).at(-1);
  const folder = version && find('helm', version, platform.arch);
  return folder ? { path: executableIn(folder, platform), version } : undefined;
}

async function latestVersion(transport: Transport): Promise<string> {
  const text = await readText(`${SITE}/helm-latest-version`, transport);
  return text.trim().replace(/^v/, '');
}

async function download(version: string, platform: HelmPlatform, transport: Transport, log: Log): Promise<HelmBinary> {
  const name = archiveName(version, platform.os, platform.arch);
  const url = `${SITE}/${name}`;
  log.info(`Downloading Helm ${version} from ${url}`);
  const expected = (await readText(`${url}.sha256sum`, transport)).trim().split(/\s+/)[0];
  const archive = await downloadTool(url, join(platform.folder, name)).catch((error: unknown) => {
    throw downloadFailed(url, messageOf(error));
  });
  const actual = await sha256(archive);
  if (actual !== expected) throw downloadFailed(url, `its SHA-256 is ${actual}, but ${url}.sha256sum says ${expected}`);
  const unpacked = join(platform.folder, 'helm');
  await (name.endsWith('.zip') ? extractZip(archive, unpacked) : extractTar(archive, unpacked));
  const inner = join(unpacked, name.replace(/^helm-v[^-]+-/, '').replace(/\.(zip|tar\.gz)$/, ''));
  const found = await versionOf(executableIn(inner, platform));
  if (found === undefined) throw downloadFailed(url, 'the program in it does not run on this machine');
  const folder = platform.hasToolCache ? await cacheDir(inner, 'helm', found, platform.arch) : inner;
  return { path: executableIn(folder, platform), version: found };
}

function executableIn(folder: string, platform: HelmPlatform): string {
  return join(folder, platform.os === 'win32' ? 'helm.exe' : 'helm');
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
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
