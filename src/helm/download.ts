import { join } from 'node:path';
import { RestError } from '@azure/core-rest-pipeline';
import { unanswered } from '../http/network-cause.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fileDigest } from '../lib/file-digest.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { archiveName, type HelmPlatform } from './archive.ts';
import { helmChecksum } from './checksums.ts';

const SITE = 'https://get.helm.sh';
const ATTEMPTS = 3;

/** What it takes to find helm. */
export interface HelmSearch {
  readonly platform: HelmPlatform;
  readonly transport: Transport;
  readonly log: Log;
}

/** @throws ActionError helm-download-failed */
export async function latestVersion(transport: Transport): Promise<string> {
  const url = `${SITE}/helm-latest-version`;
  const version = (await get(url, transport)).trim().replace(/^v/, '');
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
  const archive = join(platform.folder, name);
  await get(url, search.transport, archive);
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
  return (await get(url, transport)).trim().split(/\s+/)[0]?.toLowerCase() ?? '';
}

/**
 * Follows redirects, as the checksum verifies the download.
 * @param file where the response goes
 * @returns its text without a file
 */
async function get(url: string, transport: Transport, file?: string): Promise<string> {
  const channel = transport.channel();
  let from = url;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { status, headers, text } = await channel({ method: 'GET', url: from, ...(file && { file }) });
      if (status === 200) return text;
      const next = new URL(headers['location'] ?? '', from);
      if (status < 300 || status >= 400 || next.protocol !== 'https:' || attempt === ATTEMPTS)
        throw downloadFailed(url, `the server answered ${status}`);
      from = next.href;
    } catch (error) {
      if (error instanceof ActionError) throw error;
      // The transport repeats requests, but not what breaks off half way.
      if (error instanceof RestError || attempt === ATTEMPTS) throw downloadFailed(url, messageOf(error), error);
    }
  }
}

export function downloadFailed(url: string, why: string, error?: unknown): ActionError {
  const silent = unanswered(error);
  return new ActionError({
    id: 'helm-download-failed',
    what: `Downloading ${url} failed`,
    why: silent ? `From ${silent.host}: ${silent.what}` : why,
    fix: fix`${silent?.fix ?? fix`check helm-version and that the runner reaches get.helm.sh`}; or install helm on the runner.`,
  });
}
