import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isOfKind } from '../kubernetes/kinds.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { fileOrFolder } from '../lib/input-file.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { loadDocument } from '../lib/yaml.ts';
import { assertDigest, builtInDigest, type ChartArchive, chartNotFound, versionOf } from './chart-archive.ts';
import { type ChartInputs, describeChart } from './chart-reference.ts';
import type { Helm } from './cli.ts';
import { argumentsOf, objectsOf } from './release-record.ts';
import { undefinedVariables } from './undefined-variables.ts';
import { isAtLeast } from './values.ts';

/** The chart of this run, as known without a request. */
export interface Chart extends ChartArchive {
  /** Tells charts of the same version apart: a hash of the source and, where they are known, of content or digest. */
  readonly fingerprint: string;
}

/** The release that a chart is rendered for. */
export interface RenderedRelease {
  readonly name: string;
  readonly namespace: string;
  /** Empty if there is no cluster yet. */
  readonly kubernetesVersion: string;
  readonly values: JsonRecord;
}

/** Older charts pass useAccessToken on only if the client secret is among the values. */
const OLDEST_VERSION = [0, 38] as const;

/** Arguments that some charts silently omit. Without one of them, people get to Entra but not into the cluster. */
const SIGN_IN_ARGUMENTS = [
  'oidc-scopes',
  'oidc-validator-client-id',
  'oidc-validator-idp-issuer-url',
  'oidc-use-access-token',
  'oidc-callback-url',
] as const;

/**
 * Resolves the chart of this run.
 * @param inputs the version is that of a remote chart; that of a local chart is read from it
 * @param helm called only to open a local archive
 * @throws ActionError chart-too-old, chart-not-found, chart-digest-mismatch
 */
export async function resolveChart(
  { chart: reference, chartVersion, chartDigest }: ChartInputs,
  helm: () => Promise<Helm>,
): Promise<Chart> {
  const local = reference.kind === 'path' ? await readLocalChart(reference.path, chartDigest, helm) : undefined;
  const version = local?.version ?? chartVersion;
  assertChartSupported(version);
  const builtIn = builtInDigest(reference, version);
  // A deployment without this digest may have used another archive.
  const stated = chartDigest === builtIn ? undefined : chartDigest;
  return {
    reference,
    version,
    digest: chartDigest ?? builtIn,
    fingerprint: hash(describeChart(reference), local?.contentHash ?? stated ?? ''),
  };
}

/** @throws ActionError chart-too-old */
export function assertChartSupported(version: string): void {
  if (isAtLeast(version, OLDEST_VERSION)) return;
  throw new ActionError({
    id: 'chart-too-old',
    what: `Chart version ${version} cannot sign people in with Entra`,
    why: isAtLeast(version, [0, 31])
      ? 'Before 0.38.0, the chart drops useAccessToken if the client secret is in a Secret, and the API server refuses the tokens'
      : 'Before 0.31.0, chart and Headlamp lack the settings that AKS needs (validatorClientID, validatorIssuerURL, useAccessToken)',
    fix: fix`set chart-version to 0.38.0 or later, or leave it out for the tested one.`,
  });
}

/**
 * Renders the chart with the values before anything is written. Checks the values against the chart's schema, and that
 * Headlamp gets the arguments for sign-in.
 * @param path of the chart
 * @returns the rendered objects
 * @throws ActionError values-invalid, chart-not-headlamp
 */
export async function checkRendering(
  helm: Helm,
  path: string,
  release: RenderedRelease,
  folder: string,
): Promise<readonly JsonRecord[]> {
  const file = join(folder, 'values-to-check.json');
  await writeFile(file, JSON.stringify(release.values), { mode: 0o600 });
  const version = release.kubernetesVersion === '' ? [] : ['--kube-version', release.kubernetesVersion];
  const rendered = await helm.run([
    ...['template', release.name, path, '--namespace', release.namespace, '--values', file],
    ...version,
  ]);
  if (!rendered.ok) {
    throw new ActionError({
      id: 'values-invalid',
      what: 'The chart does not accept the values',
      why: rendered.problem,
      fix: fix`correct \`values\` or \`values-files\`; the chart's defaults: helm show values ${path.endsWith('.tgz') ? 'CHART' : path}`,
    });
  }
  const objects = renderedObjects(rendered.stdout);
  const deployments = objects.filter((object) => isOfKind(object, 'apps', 'Deployment'));
  const given = deployments.flatMap(argumentsOf);
  const names = new Set(given.map((argument) => argument.replace(/^--?/, '').split('=')[0]));
  const missing = SIGN_IN_ARGUMENTS.filter((wanted) => !names.has(wanted));
  if (missing.length === 0) {
    assertVariablesDefined(deployments, release.values);
    return objects;
  }
  throw new ActionError({
    id: 'chart-not-headlamp',
    what: 'The chart does not start Headlamp with the arguments that Entra sign-in needs',
    why: `No Deployment in it has the argument -${missing.join(', -')}`,
    fix: fix`set chart to Headlamp's own, or leave it out.`,
  });
}

/** @throws ActionError chart-not-headlamp */
function renderedObjects(manifest: string): readonly JsonRecord[] {
  try {
    return objectsOf(manifest);
  } catch (error) {
    throw new ActionError({
      id: 'chart-not-headlamp',
      what: 'What the chart renders cannot be read as a list of Kubernetes objects',
      why: messageOf(error),
      fix: fix`set chart to Headlamp's own, or leave it out; and correct values that the chart puts into its objects as they are.`,
    });
  }
}

/** @throws ActionError values-invalid */
function assertVariablesDefined(deployments: readonly unknown[], values: JsonRecord): void {
  const secretName = stringAt(values, 'config', 'oidc', 'externalSecret', 'name');
  const missing = deployments.flatMap((deployment) => undefinedVariables(deployment, secretName));
  if (missing.length === 0) return;
  const names = missing.map((name) => `$(${name})`).join(', ');
  throw new ActionError({
    id: 'values-invalid',
    what: `The values make Headlamp start with ${names}, which nothing defines`,
    why: 'If a Secret configures sign-in, the chart reads this setting from an environment variable; without it, Headlamp would stop at once',
    fix: fix`define it in \`values\`, as \`env: [{name: ${missing[0] ?? 'NAME'}, value: …}]\`, or remove the value that needs it.`,
  });
}

/** In bytes; Helm unpacks no larger one. */
const LARGEST_ARCHIVE = 100_000_000;

/** @throws ActionError chart-not-found, chart-digest-mismatch */
async function readLocalChart(
  path: string,
  digest: string | undefined,
  helm: () => Promise<Helm>,
): Promise<{ version: string; contentHash: string }> {
  try {
    if (fileOrFolder(path, LARGEST_ARCHIVE).isDirectory()) {
      const description = join(path, 'Chart.yaml');
      fileOrFolder(description, LARGEST_ARCHIVE);
      const version = stringAt(loadDocument(await readFile(description, 'utf8')), 'version') ?? '';
      return { version, contentHash: await folderHash(path) };
    }
    await assertDigest(path, digest, path);
    return { version: await versionOf(path, await helm()), contentHash: hash(await readFile(path)) };
  } catch (error) {
    throw error instanceof ActionError ? error : chartNotFound(`There is no chart at ${path}`, messageOf(error), PATH);
  }
}

const PATH = fix`correct chart: a path is in the workspace, which a step with actions/checkout before this one fills. A chart of a repository is https://HOST/PATH#NAME or oci://HOST/PATH/NAME.`;

async function folderHash(folder: string): Promise<string> {
  const files = (await filesIn(folder, [])).sort();
  const digests = await Promise.all(files.map(async (file) => hash(file.slice(folder.length), await readFile(file))));
  return hash(...digests);
}

/** All files below a folder; like helm, it follows symbolic links. @param above real paths of the folders it is in */
async function filesIn(folder: string, above: readonly string[]): Promise<string[]> {
  const real = await realpath(folder);
  if (above.includes(real)) throw new Error(`${folder} is a link to a folder that it is in`);
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name);
      const entry = await stat(path);
      if (entry.isDirectory()) return filesIn(path, [...above, real]);
      return entry.isFile() ? [path] : [];
    }),
  );
  return found.flat();
}

/** Short enough for a label. Each part is hashed with its length, so that the boundaries between parts count. */
export function hash(...parts: readonly (string | Buffer)[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(`${part.length}:`).update(part);
  return digest.digest('hex').slice(0, 32);
}
