import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { aksServer, microsoftGraph } from '../../emulator/entra/well-known.ts';
import { isObject, type Json, list, same, text } from '../../emulator/lib/json.ts';
import type { Shell } from './shell.ts';

/** The choices of a person who follows the tutorial. */
export interface Choices {
  readonly resourceGroup: string;
  readonly cluster: string;
  /** A cluster without Entra integration. */
  readonly older: { readonly resourceGroup: string; readonly cluster: string };
  readonly vault: string;
  readonly secretName: string;
  readonly adminGroup: string;
  readonly tenantId: string;
  readonly chartVersion: string;
}

export const RELEASE = 'headlamp-oidc';
export const NAMESPACE = 'headlamp';
const REDIRECT_URI = 'http://localhost:8000/oidc-callback';
const DAY_MS = 24 * 60 * 60 * 1000;

/** Entra sign-in for Headlamp by hand: az, then helm. @returns the application id of the registration */
export async function followTutorial(shell: Shell, choices: Choices, step: (title: string) => void): Promise<string> {
  step('cluster');
  await makeCluster(shell, choices);
  step('registration');
  const appId = await register(shell);
  step('client secret');
  const secret = await storeSecret(shell, choices, appId);
  step('helm');
  await install(shell, choices, appId, secret);
  return appId;
}

async function makeCluster({ az, run }: Shell, choices: Choices): Promise<void> {
  const { resourceGroup, cluster, adminGroup, older } = choices;
  const which = ['--resource-group', resourceGroup, '--name', cluster];
  const entra = ['--enable-aad', '--aad-admin-group-object-ids', adminGroup];
  await az('group', 'create', '--name', resourceGroup, '--location', 'westeurope');
  await az('aks', 'create', ...which, ...entra, '--node-count', '2', '--generate-ssh-keys');
  const profile = await az('aks', 'show', ...which, '--query', 'aadProfile');
  const others = ['--resource-group', older.resourceGroup, '--name', older.cluster];
  await az('aks', 'update', ...others, ...entra);
  const later = await az('aks', 'show', ...others, '--query', 'aadProfile');
  expect(isObject(profile) && profile['managed'] === true, 'aks show: aadProfile is managed');
  expect(same(profile, later), 'aks update --enable-aad: the same aadProfile as by aks create');
  await az('aks', 'get-credentials', ...which, '--admin');
  const namespaces = await run('kubectl', ['get', 'namespaces', '--output', 'name']);
  expect(namespaces.stdout.includes('namespace/kube-system'), `kubectl: ${namespaces.stderr}`);
}

/** @returns the application id */
async function register({ az }: Shell): Promise<string> {
  const made = await az('ad', 'app', 'create', '--display-name', 'Headlamp', '--sign-in-audience', 'AzureADMyOrg');
  const appId = stringOf(made, 'appId');
  const which = ['--id', appId];
  await az('ad', 'app', 'update', ...which, '--web-redirect-uris', REDIRECT_URI);
  await az('ad', 'sp', 'create', ...which);
  await consent(az, appId, aksServer.appId, ['user.read']);
  await consent(az, appId, microsoftGraph.appId, ['email', 'openid', 'profile', 'offline_access']);
  return appId;
}

/** Adds delegated permissions, and consents for the tenant. az takes permissions by id, and consent by name. */
async function consent(az: Shell['az'], appId: string, api: string, scopes: readonly string[]): Promise<void> {
  const known = await az('ad', 'sp', 'show', '--id', api, '--query', 'oauth2PermissionScopes');
  const ids = list(known).flatMap((scope) =>
    scopes.includes(text(scope, 'value') ?? '') ? [stringOf(scope, 'id')] : [],
  );
  const which = ['--id', appId, '--api', api];
  await az('ad', 'app', 'permission', 'add', ...which, '--api-permissions', ...ids.map((id) => `${id}=Scope`));
  await az('ad', 'app', 'permission', 'grant', ...which, '--scope', scopes.join(' '));
}

/** Stores the secret in the vault, deletes it as if by mistake, and recovers it. */
async function storeSecret({ az }: Shell, { vault, secretName }: Choices, appId: string): Promise<string> {
  const ends = `${new Date(Date.now() + 180 * DAY_MS).toISOString().slice(0, 19)}Z`;
  const reset = await az('ad', 'app', 'credential', 'reset', '--id', appId, '--append', '--end-date', ends);
  const password = stringOf(reset, 'password');
  const which = ['--vault-name', vault, '--name', secretName];
  const secret = ['keyvault', 'secret'];
  await az(...secret, 'set', ...which, '--value', password, '--expires', ends);
  await az(...secret, 'delete', ...which);
  await az(...secret, 'recover', ...which);
  const kept = await az(...secret, 'show', ...which);
  expect(stringOf(kept, 'value') === password, 'keyvault secret show: the value that was set');
  return password;
}

async function install(shell: Shell, choices: Choices, clientID: string, clientSecret: string): Promise<void> {
  const oidc = {
    clientID,
    clientSecret,
    issuerURL: `https://login.microsoftonline.com/${choices.tenantId}/v2.0`,
    scopes: `${aksServer.appId}/user.read,openid,email,profile,offline_access`,
    validatorClientID: aksServer.appId,
    validatorIssuerURL: `https://sts.windows.net/${choices.tenantId}/`,
    useAccessToken: true,
    callbackURL: REDIRECT_URI,
  };
  const values = join(shell.home, 'values.yaml');
  await writeFile(values, dump({ config: { oidc } }), { mode: 0o600 });
  const chart = ['headlamp/headlamp', '--version', choices.chartVersion, '--values', values];
  await helm(shell, 'repo', 'add', 'headlamp', 'https://kubernetes-sigs.github.io/headlamp/');
  // The tutorial is written for Helm 3, and the emulator's API server has no server-side apply.
  const how = ['--namespace', NAMESPACE, '--create-namespace', '--wait', '--server-side=false'];
  await helm(shell, 'install', RELEASE, ...chart, ...how);
}

async function helm({ run }: Shell, ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await run('helm', args);
  expect(exitCode === 0, `helm ${args[0]}: ${stderr}`);
}

function stringOf(value: Json, key: string): string {
  const found = isObject(value) ? text(value, key) : undefined;
  if (found === undefined) throw new Error(`az printed no ${key}: ${JSON.stringify(value)}`);
  return found;
}

function expect(holds: boolean, promise: string): asserts holds {
  if (!holds) throw new Error(`Not as expected: ${promise}`);
}
