import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, same } from '../emulator/lib/json.ts';
import { releases } from '../emulator/worlds/deployed.ts';
import { foreignState, isForeign } from './foreign.ts';
import { type Inputs, revisionsAt, type Site, settingsOf, signInProblems } from './site.ts';
import type { SweepRun, SweepWorld } from './world.ts';

/** Ids with a section of their own in the documentation; `unexpected` is no clear error. */
const DOCUMENTED = new Set(
  [...readFileSync(join(import.meta.dirname, '..', 'docs', 'troubleshooting.md'), 'utf8').matchAll(/^### (.+)$/gm)]
    .map(([, id]) => id)
    .filter((id) => id !== 'unexpected'),
);

/** One error in the documented form. */
export function isClearError({ exitCode, output, error }: SweepRun): boolean {
  const errors = output.split('\n').filter((line) => line.startsWith('::error'));
  const id = /^([a-z-]+): [\s\S]+ Fix: /.exec(error)?.[1];
  return exitCode !== 0 && errors.length === 1 && id !== undefined && DOCUMENTED.has(id);
}

/** What is wrong with how a run ended that nobody ended from outside. */
export function problemsOf(run: SweepRun): string[] {
  if (!run.ended) return [`it did not end within its own timeouts: ${run.output.slice(-300)}`];
  return run.exitCode === 0 || isClearError(run) ? [] : [`no clear error: ${said(run)}`];
}

/** Whatever happened before: the next run repairs it, one more finds nothing to change, and all promises hold. */
export async function brokenAfterRepair(
  world: SweepWorld,
  foreign: JsonObject,
  next: Inputs,
  last: Inputs,
): Promise<string[]> {
  const repairs: SweepRun[] = [];
  for (const site of world.sites) repairs.push(await world.run({ ...site.inputs, ...next }));
  const failed = repairs.find(({ exitCode }) => exitCode !== 0);
  if (failed) return [...world.signInProblems(), `the next run failed: ${said(failed)}`];
  world.emulator.requests.clear();
  const checks: SweepRun[] = [];
  for (const site of world.sites) checks.push(await world.run({ ...site.inputs, ...last }));
  const writes = world.emulator.requests.writes().map(({ method, path }) => `${method} ${path}`);
  return [
    ...world.signInProblems(),
    ...checks.filter(({ exitCode }) => exitCode !== 0).map((run) => `the run after it failed: ${said(run)}`),
    ...checks
      .map(({ outputs }) => outputs['changes'])
      .filter((changes) => changes !== '[]')
      .map((changes) => `the run after it still changed ${changes}`),
    ...(writes.length === 0 ? [] : [`the run after it wrote: ${writes.join(', ')}`]),
    ...world.sites.flatMap((site) => notConverged(world, site)),
    ...passwordProblems(world),
    ...changedParts(foreign, foreignState(world)).map((part) => `what other people have was changed: ${part}`),
    ...(await world.leftovers()).map((name) => `${name} was left in the runner's temporary folder`),
    ...[...repairs, ...checks].flatMap((run) => leaks(world, run)),
  ];
}

function notConverged(world: SweepWorld, site: Site): string[] {
  const { value, tags } = newest(world, site);
  const { OIDC_CLIENT_SECRET, OIDC_CLIENT_ID = '' } = settingsOf(site);
  const application = world.emulator.directory.application(OIDC_CLIENT_ID);
  const password = application?.passwordCredentials.find(({ secretText }) => secretText === value);
  const { settings, pods } = revisionsAt(site);
  const [release] = releases(site);
  const claims: readonly (readonly [boolean, string])[] = [
    [password !== undefined && password.keyId === tags['entra-key-id'], 'the vault holds no password of the app'],
    [OIDC_CLIENT_SECRET === value, 'the cluster has another secret than the vault'],
    [pods.length === 1 && pods[0] === settings, `the pods run with revision ${pods}, not ${settings}`],
    [release?.status === 'deployed', `the release is ${release?.status}`],
  ];
  return [...claims.filter(([holds]) => !holds).map(([, claim]) => claim), ...signInProblems(world, site)];
}

/** One password for each site, no more, on one registration, with consent for both APIs. */
function passwordProblems(world: SweepWorld): string[] {
  const clientIds = new Set(world.sites.map((site) => settingsOf(site)['OIDC_CLIENT_ID'] ?? ''));
  const own = [...world.emulator.directory.applications.values()]
    .flatMap(({ passwordCredentials }) => passwordCredentials)
    .filter(({ displayName }) => !isForeign(displayName));
  const wanted = world.sites.map((site) => newest(world, site).value);
  const grants = world.emulator.directory.oauth2PermissionGrants.size;
  const made = [...world.emulator.directory.applications.values()].filter(
    ({ uniqueName }) => uniqueName !== null,
  ).length;
  return [
    ...(clientIds.size === 1 && made <= 1 ? [] : [`there are ${made} registrations of this action`]),
    ...(own
      .map(({ secretText }) => secretText)
      .sort()
      .join() === wanted.sort().join()
      ? []
      : [`the app has ${own.length} passwords of this action, ${wanted.length} are accounted for`]),
    ...(grants === 2 ? [] : [`there are ${grants} grants of admin consent`]),
  ];
}

function newest({ emulator, vault }: SweepWorld, { vaultSecret }: Site) {
  return emulator.keyVault.secrets(vault.name).versions(vaultSecret).at(-1) ?? { value: '', tags: {} as Inputs };
}

/** Secrets in anything a run printed, but for the command that masks them. */
export function leaks({ emulator }: SweepWorld, { output, summary, outputs }: SweepRun): string[] {
  const printed = [output.replace(/^::add-mask::.*$/gm, ''), summary, JSON.stringify(outputs)].join('\n');
  const secrets = [...emulator.directory.applications.values()].flatMap(
    (application) => application.passwordCredentials,
  );
  return secrets.some(({ secretText }) => printed.includes(secretText)) ? ['a client secret was printed'] : [];
}

function changedParts(before: JsonObject, after: JsonObject): string[] {
  return Object.keys(before).filter((part) => !same(before[part], after[part]));
}

function said({ error, output }: SweepRun): string {
  return (error === '' ? output.trim().slice(-500) : error).replaceAll('\n', ' ');
}
