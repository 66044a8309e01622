import { join } from 'node:path';
import { downloadTool } from '@actions/tool-cache';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fileDigest } from '../lib/file-digest.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { archiveName, type HelmPlatform } from './archive.ts';
import { helmChecksum } from './checksums.ts';

const SITE = 'https://get.helm.sh';

/** What it takes to find helm. */
export interface HelmSearch {
  readonly platform: HelmPlatform;
  readonly transport: Transport;
  readonly log: Log;
}

/** @throws ActionError helm-download-failed */
export async function latestVersion(transport: Transport): Promise<string> {
  const url = `${SITE}/helm-latest-version`;
  const version = (await readText(url, transport)).trim().replace(/^v/, '');
  // It becomes part of a URL and of paths.
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw downloadFailed(url, 'the response is not a version');
  return version;
}

/**
 * Downloads an archive into the run's folder and verifies it there.
 * @returns its path
 * @throws ActionError helm-download-failed, helm-checksum-mismatch
 */
export async function downloadArchive(version: string, search: HelmSearch): Promise<string> {
  const { platform, log } = search;
  const name = archiveName(version, platform);
  const url = archiveUrl(version, platform);
  log.info(`Downloading Helm ${version} from ${url}`);
  const expected = await expectedDigest(name, search);
  const archive = await downloadTool(url, join(platform.folder, name)).catch((error: unknown) => {
    throw downloadFailed(url, messageOf(error));
  });
  const actual = await fileDigest(archive);
  if (actual === expected) return archive;
  throw new ActionError({
    id: 'helm-checksum-mismatch',
    what: `${url} is not the archive that Helm published`,
    why: `Its SHA-256 is ${actual}, not ${expected}`,
    fix: fix`find out who changed it (a proxy or mirror on the way); or install helm on the runner.`,
  });
}

export function archiveUrl(version: string, platform: HelmPlatform): string {
  return `${SITE}/${archiveName(version, platform)}`;
}

/**
 * SHA-256 of an archive: the built-in one, or for other versions the one that the site publishes. The site comes second,
 * because whoever replaces an archive there can replace its checksum, too.
 * @throws ActionError helm-download-failed
 */
export async function expectedDigest(name: string, { transport, log }: HelmSearch): Promise<string> {
  const builtIn = helmChecksum(name);
  if (builtIn !== undefined) return builtIn;
  const url = `${SITE}/${name}.sha256sum`;
  log.info(`This action has no checksum of ${name}; it uses the published one, ${url}`);
  return (await readText(url, transport)).trim().split(/\s+/)[0]?.toLowerCase() ?? '';
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

export function downloadFailed(url: string, why: string): ActionError {
  return new ActionError({
    id: 'helm-download-failed',
    what: `Downloading ${url} failed`,
    why,
    fix: fix`check helm-version and that the runner reaches get.helm.sh, or install helm on the runner.`,
  });
}
