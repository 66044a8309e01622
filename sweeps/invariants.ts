import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type JsonObject, same } from '../emulator/lib/json.ts';
import { asRead } from '../emulator/runner/summary.ts';
import { releases } from '../emulator/worlds/deployed.ts';
import { signInProblems } from './accepted-secrets.ts';
import { type Inputs, type Installation, revisionsAt, settingsOf } from './installation.ts';
import { leftByRemoval } from './removed.ts';
import { isPasswordOfOthers, isRegistrationOfAction, stateSetByOthers } from './set-by-others.ts';
import type { SweepRun, SweepWorld } from './world.ts';

/** Error ids with a section in docs/troubleshooting.md. `unexpected` does not count. */
const DOCUMENTED_IDS = new Set(
  [...readFileSync(join(import.meta.dirname, '..', 'docs', 'troubleshooting.md'), 'utf8').matchAll(/^### (.+)$/gm)]
    .map(([, id]) => id)
    .filter((id) => id !== 'unexpected'),
);

/** Whether the run failed with exactly one error, or with one for each failed cluster and one for all, as documented. */
export function isDocumentedError({ exitCode, output }: SweepRun): boolean {
  const errors = output.split('\n').filter((line) => line.startsWith('::error'));
  const ids = errors.map((line) => /^::error.*?::([a-z-]+): .+ Fix: /.exec(line)?.[1]);
  const alone = errors.length === 1 || ids.at(-1) === 'clusters-failed';
  return exitCode !== 0 && errors.length > 0 && alone && ids.every((id) => id !== undefined && DOCUMENTED_IDS.has(id));
}

/** What is wrong with how a run ended, if it was neither killed nor cancelled. */
export function endingProblems(run: SweepRun): string[] {
  if (!run.ended) return [`it did not end within its own timeouts: ${run.output.slice(-300)}`];
  return run.exitCode === 0 || isDocumentedError(run) ? [] : [`no documented error: ${messageOf(run)}`];
}

/** The runs that follow a disturbed one. */
export interface Afterwards {
  /** Inputs of the run that repairs; undefined if the disturbed run has left nothing to do. */
  readonly next: Inputs | undefined;
  readonly meanwhile?: () => Promise<void>;
  /** Inputs of the run that must change nothing. */
  readonly last: Inputs;
}

/** Whatever happened before: the next run repairs it, the run after it changes nothing, and all promises hold. */
export async function problemsAfterRepair(
  world: SweepWorld,
  othersBefore: JsonObject,
  { next, meanwhile = async () => {}, last }: Afterwards,
): Promise<string[]> {
  const repairs = next ? await runAll(world, next) : [];
  const failed = repairs.find(({ exitCode }) => exitCode !== 0);
  if (failed) return [...world.signInProblems(), `the next run failed: ${messageOf(failed)}`];
  await meanwhile();
  world.emulator.requests.clear();
  const checks = await runAll(world, last);
  const writes = world.emulator.requests.writes().map(({ method, path }) => `${method} ${path}`);
  return [
    ...world.signInProblems(),
    ...checks.filter(({ exitCode }) => exitCode !== 0).map((run) => `the run after it failed: ${messageOf(run)}`),
    ...checks
      .map(({ outputs }) => outputs['changes'])
      .filter((changes) => changes !== '[]')
      .map((changes) => `the run after it still changed ${changes}`),
    ...(writes.length === 0 ? [] : [`the run after it wrote: ${writes.join(', ')}`]),
    ...(last['mode'] === 'destroy'
      ? world.installations.flatMap((installation) => leftByRemoval(world, installation))
      : notDeployed(world, last['delivery'] === 'vault')),
    ...changedParts(othersBefore, stateSetByOthers(world)).map((part) => `what other people set was changed: ${part}`),
    ...(await world.leftovers()).map((name) => `${name} was left in the runner's temporary folder`),
    ...[...repairs, ...checks].flatMap((run) => leaks(world, run)),
  ];
}

/** One run for each installation, unless the inputs name them all. */
async function runAll(world: SweepWorld, inputs: Inputs): Promise<SweepRun[]> {
  if (inputs['clusters'] !== undefined) return [await world.run(inputs)];
  const runs: SweepRun[] = [];
  for (const installation of world.installations) runs.push(await world.run({ ...installation.inputs, ...inputs }));
  return runs;
}

function notDeployed(world: SweepWorld, byOthers: boolean): string[] {
  return [
    ...world.installations.flatMap((installation) => notConverged(world, installation, byOthers)),
    ...passwordProblems(world),
  ];
}

/** @param byOthers others deploy Headlamp, without helm's records */
function notConverged(world: SweepWorld, installation: Installation, byOthers: boolean): string[] {
  const { value, tags } = newestSecret(world, installation);
  const { OIDC_CLIENT_SECRET, OIDC_CLIENT_ID = '' } = settingsOf(installation);
  const application = world.emulator.directory.application(OIDC_CLIENT_ID);
  const password = application?.passwordCredentials.find(({ secretText }) => secretText === value);
  const { settings, pods } = revisionsAt(installation);
  const [release] = releases(installation);
  const claims: readonly (readonly [boolean, string])[] = [
    [
      password !== undefined && password.keyId === tags['entra-key-id'],
      'the secret in the vault is no password of the app',
    ],
    [OIDC_CLIENT_SECRET === value, 'the cluster has another secret than the vault'],
    [pods.length === 1 && pods[0] === settings, `the pods run with revision ${pods}, not ${settings}`],
    [byOthers || release?.status === 'deployed', `the release is ${release?.status}`],
  ];
  return [...claims.filter(([holds]) => !holds).map(([, claim]) => claim), ...signInProblems(world, installation)];
}

/** Exactly one password for each installation, on one registration, with admin consent for both APIs. */
function passwordProblems(world: SweepWorld): string[] {
  const clientIds = new Set(
    world.installations.map((installation) => settingsOf(installation)['OIDC_CLIENT_ID'] ?? ''),
  );
  const applications = [...world.emulator.directory.applications.values()].filter(
    ({ deletedAt }) => deletedAt === undefined,
  );
  const own = applications
    .flatMap(({ passwordCredentials }) => passwordCredentials)
    .filter(({ displayName }) => !isPasswordOfOthers(displayName));
  const wanted = world.installations.map((installation) => newestSecret(world, installation).value);
  const grants = world.emulator.directory.oauth2PermissionGrants.size;
  const created = applications.filter(isRegistrationOfAction).length;
  return [
    ...(clientIds.size === 1 && created <= 1 ? [] : [`there are ${created} registrations of this action`]),
    ...(own
      .map(({ secretText }) => secretText)
      .sort()
      .join() === wanted.sort().join()
      ? []
      : [`the app has ${own.length} passwords of this action, not exactly the ${wanted.length} in the vault`]),
    ...(grants === 2 ? [] : [`there are ${grants} grants of admin consent`]),
  ];
}

function newestSecret({ emulator, vault }: SweepWorld, { vaultSecret }: Installation) {
  return emulator.keyVault.secrets(vault.name).versions(vaultSecret).at(-1) ?? { value: '', tags: {} as Inputs };
}

/** Client secrets in the output of a run, except in the command that masks them. */
export function leaks({ emulator }: SweepWorld, { output, summary, outputs }: SweepRun): string[] {
  const printed = [output.replace(/^::add-mask::.*$/gm, ''), asRead(summary), JSON.stringify(outputs)].join('\n');
  const secrets = [...emulator.directory.applications.values()].flatMap(
    (application) => application.passwordCredentials,
  );
  return secrets.some(({ secretText }) => printed.includes(secretText)) ? ['a client secret was printed'] : [];
}

function changedParts(before: JsonObject, after: JsonObject): string[] {
  return Object.keys(before).filter((part) => !same(before[part], after[part]));
}

function messageOf({ error, output }: SweepRun): string {
  return (error === '' ? output.trim().slice(-500) : error).replaceAll('\n', ' ');
}
