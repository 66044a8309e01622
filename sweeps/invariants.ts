import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { same, stringMap } from '../emulator/json.ts';
import type { JsonObject } from '../emulator/server/exchange.ts';
import { registration, releases, vaultSecrets } from '../emulator/worlds/deployed.ts';
import { foreignState } from './foreign.ts';
import { revisions, signInProblems } from './sign-in.ts';
import type { Inputs, SweepRun, SweepWorld } from './world.ts';

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

/** Whatever happened before: the next run repairs it, one more finds nothing to change, and all promises hold. */
export async function brokenAfterRepair(
  world: SweepWorld,
  foreign: JsonObject,
  next: Inputs,
  last: Inputs,
): Promise<string[]> {
  const repair = await world.run(next);
  if (repair.exitCode !== 0) return [...world.signInProblems(), `the next run failed: ${firstLine(repair)}`];
  world.box.requests.clear();
  const third = await world.run(last);
  const writes = world.box.requests.writes().map(({ method, path }) => `${method} ${path}`);
  return [
    ...world.signInProblems(),
    ...(third.exitCode === 0 ? [] : [`the third run failed: ${firstLine(third)}`]),
    ...(third.outputs['changes'] === '[]' ? [] : [`the third run still changed ${third.outputs['changes']}`]),
    ...(writes.length === 0 ? [] : [`the third run wrote: ${writes.join(', ')}`]),
    ...notConverged(world),
    ...changedParts(foreign, foreignState(world)).map((part) => `what other people have was changed: ${part}`),
    ...(await world.leftovers()).map((name) => `${name} was left in the runner's temporary folder`),
    ...[repair, third].flatMap((run) => leaks(world, run)),
  ];
}

function notConverged(world: SweepWorld): string[] {
  const secret = vaultSecrets(world).at(-1);
  const application = registration(world);
  const own = application.passwordCredentials.filter(
    ({ displayName }) => displayName?.startsWith('headlamp-aks-entra') && !displayName.includes('0123456789ab'),
  );
  const settings = stringMap(world.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data');
  const { secret: revision, pods } = revisions(world);
  const claims: readonly (readonly [boolean, string])[] = [
    [own.length === 1 && own[0]?.secretText === secret?.value, `${own.length} passwords of this action are on the app`],
    [own[0]?.keyId === secret?.tags['entra-key-id'], 'the vault secret does not say which password it is'],
    [settings['OIDC_CLIENT_SECRET'] === base64(secret?.value ?? ''), 'the cluster has another secret than the vault'],
    [pods.length === 1 && pods[0] === revision, `the pods run with revision ${pods}, not ${revision}`],
    [releases(world)[0]?.status === 'deployed', `the release is ${releases(world)[0]?.status}`],
    [world.box.directory.oauth2PermissionGrants.size === 2, 'the admin consent is not as wanted'],
    [ownRegistrations(world) === 1, `there are ${ownRegistrations(world)} registrations of the action`],
  ];
  return [...claims.filter(([holds]) => !holds).map(([, claim]) => claim), ...signInProblems(world)];
}

/** Secrets in anything a run printed, but for the command that masks them. */
export function leaks({ box }: SweepWorld, { output, summary, outputs }: SweepRun): string[] {
  const printed = [output.replace(/^::add-mask::.*$/gm, ''), summary, JSON.stringify(outputs)].join('\n');
  const secrets = [...box.directory.applications.values()].flatMap((application) => application.passwordCredentials);
  return secrets.some(({ secretText }) => printed.includes(secretText)) ? ['a client secret was printed'] : [];
}

function changedParts(before: JsonObject, after: JsonObject): string[] {
  return Object.keys(before).filter((part) => !same(before[part], after[part]));
}

const ownRegistrations = ({ box }: SweepWorld) =>
  [...box.directory.applications.values()].filter(({ uniqueName }) => uniqueName !== null).length;

const firstLine = ({ error, output }: SweepRun) =>
  error === '' ? output.trim().slice(-300) : error.split('\n').join(' ');
const base64 = (text: string) => Buffer.from(text).toString('base64');
