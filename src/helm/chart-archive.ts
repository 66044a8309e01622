import { copyFile, mkdtemp, readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ActionError } from '../lib/errors.ts';
import { fileDigest } from '../lib/file-digest.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { loadDocument } from '../lib/yaml.ts';
import { type ChartReference, describeChart } from './chart-reference.ts';
import { headlampChartDigest } from './checksums.ts';
import type { Helm } from './cli.ts';

/** The archive that is wanted. */
export interface ChartArchive {
  readonly reference: ChartReference;
  readonly version: string;
  /** SHA-256 that it must have, if one is known. */
  readonly digest: string | undefined;
}

const HEADLAMP_REPOSITORY = 'https://kubernetes-sigs.github.io/headlamp';

/** The built-in SHA-256 of a published version of the default chart. */
export function builtInDigest(reference: ChartReference, version: string): string | undefined {
  if (reference.kind !== 'repository' || reference.chart !== 'headlamp') return undefined;
  // Hosts and schemes are the same in any case.
  const url = new URL(reference.url).href.replace(/\/+$/, '');
  return url === HEADLAMP_REPOSITORY ? headlampChartDigest(version) : undefined;
}

/**
 * Copies or downloads a chart into the run's folder and verifies it there, so that nobody can change it in between.
 * @returns the chart's path for helm
 * @throws ActionError chart-not-found, chart-digest-mismatch
 */
export async function fetchChart(
  chart: ChartArchive,
  helm: Helm,
  { folder, log }: { readonly folder: string; readonly log: Log },
): Promise<string> {
  const { reference, version, digest } = chart;
  if (reference.kind === 'path' && digest === undefined) return reference.path;
  const own = await mkdtemp(join(folder, 'chart-'));
  const archive = reference.kind === 'path' ? await copy(reference.path, own) : await pull(chart, helm, own);
  await assertDigest(archive, digest, `${describeChart(reference)} ${version}`);
  if (reference.kind === 'oci' && reference.digest !== undefined) await assertVersion(archive, chart, helm);
  else if (digest === undefined)
    log.info(
      `Chart ${describeChart(reference)} ${version} is not verified: no SHA-256 of it is known. Set chart-digest to have it verified; its SHA-256 today is ${await fileDigest(archive)}`,
    );
  return archive;
}

/** @throws ActionError chart-digest-mismatch */
export async function assertDigest(file: string, digest: string | undefined, name: string): Promise<void> {
  if (digest === undefined) return;
  const actual = await fileDigest(file);
  if (actual === digest) return;
  throw new ActionError({
    id: 'chart-digest-mismatch',
    what: `Chart ${name} is not the archive that was expected`,
    why: `Its SHA-256 is ${actual}, not ${digest}`,
    fix: fix`find out who changed it (the repository, or a mirror on the way). If this archive is the one that you want, set chart-digest to ${actual}.`,
  });
}

/** Looks for the file, as its name may come from the tag, the digest or the chart. */
async function pull(chart: ChartArchive, helm: Helm, folder: string): Promise<string> {
  const { reference, version } = chart;
  const trust = helm.caFile === undefined ? [] : ['--ca-file', helm.caFile];
  const pulled = await helm.run(['pull', ...sourceOf(reference, version), '--destination', folder, ...trust]);
  if (!pulled.ok)
    throw chartNotFound(
      `Helm could not download version ${version} of chart ${describeChart(reference)}`,
      pulled.problem,
      fixOfPull(chart, pulled.problem),
    );
  const files = await readdir(folder);
  const [file] = files;
  if (file !== undefined && files.length === 1) return join(folder, file);
  throw chartNotFound(`Helm downloaded no archive of ${describeChart(reference)}`, `It left ${files.length} files`);
}

/** A digest names one archive; the tag of its version could lead to another one. */
function sourceOf(reference: ChartReference, version: string): string[] {
  if (reference.kind === 'repository') return [reference.chart, '--repo', reference.url, '--version', version];
  if (reference.kind === 'oci' && reference.digest === undefined) return [reference.url, '--version', version];
  return [describeChart(reference)];
}

async function copy(path: string, folder: string): Promise<string> {
  const own = join(folder, basename(path));
  await copyFile(path, own);
  return own;
}

/** Helm has verified the digest; the version that it belongs to is known only now. */
async function assertVersion(archive: string, { reference, version }: ChartArchive, helm: Helm): Promise<void> {
  const found = await versionOf(archive, helm);
  if (found === version) return;
  throw chartNotFound(`${describeChart(reference)} is not version ${version}`, `The chart says that it is ${found}`);
}

/** The version in an archive. @throws Error with helm's message */
export async function versionOf(archive: string, helm: Helm): Promise<string> {
  const shown = await helm.run(['show', 'chart', archive]);
  if (!shown.ok) throw new Error(shown.problem);
  return stringAt(loadDocument(shown.stdout), 'version') ?? '';
}

const CHECK = fix`check chart and chart-version, and that the runner reaches the repository.`;

/** What Helm says without a sign-in and after one that the registry does not accept. */
const SIGN_IN_NEEDED = /credential not found|\b401\b|unauthorized|access to the resource is denied/i;

function fixOfPull({ reference }: ChartArchive, problem: string): Fix {
  if (reference.kind !== 'oci' || !SIGN_IN_NEEDED.test(problem)) return CHECK;
  return fix`run helm registry login ${new URL(reference.url).host} in a step before, with an account that may pull this chart; or correct chart.`;
}

export function chartNotFound(what: string, why: string, how = CHECK): ActionError {
  return new ActionError({ id: 'chart-not-found', what, why, fix: how });
}
