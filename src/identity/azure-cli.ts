import { execFile } from 'node:child_process';
import { parse } from 'node:path';
import type { AccessToken } from '@azure/core-auth';
import type { Cloud } from '../azure/cloud.ts';
import { entraRefusal } from '../entra/refusal.ts';
import { signInFailure } from '../entra/sign-in-failure.ts';
import { azureCliEnvironment, type Environment } from '../helm/program.ts';
import { ActionError } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { numberAt, parseJson, stringAt } from '../lib/json.ts';
import { jwtClaims } from '../lib/jwt.ts';

/** The az CLI has to start Python, and to call Entra if its cache has no token. */
const TIMEOUT_MS = 60_000;

/** A managed identity or Cloud Shell has one tenant only, and az refuses a --tenant option. */
const REFUSES_TENANT = /Tenant shouldn't be specified/;

interface Printed {
  /** The exit code, or ENOENT if there is no az; undefined if it was ended after TIMEOUT_MS. */
  readonly code: string | number | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A token of the identity that an earlier step signed in to the az CLI. The SDK's AzureCliCredential is not used: it
 * hides az's message, with Entra's cause, if that contains "az login", and it gives az the whole environment of the
 * job.
 * @throws ActionError azure-cli-not-signed-in, aks-server-application-missing
 */
export async function azureCliToken(
  scope: string,
  tenantId: string,
  cloud: Cloud,
  environment: Environment,
): Promise<AccessToken> {
  const env = azureCliEnvironment(environment);
  const words = ['account', 'get-access-token', '--output', 'json', '--resource', scope.replace(/\/\.default$/, '')];
  let printed = await az([...words, '--tenant', tenantId], env);
  if (printed.code !== 0 && REFUSES_TENANT.test(printed.stderr)) printed = await az(words, env);
  if (printed.code !== 0) throw toCliActionError(printed, tenantId, cloud);
  const { stdout } = printed;
  const token = stringAt(parseJson(stdout), 'accessToken');
  if (token === undefined) throw noToken('Its output has no token', signInFix(tenantId, cloud));
  const ownTenant = stringAt(jwtClaims(token), 'tid') ?? tenantId;
  if (ownTenant.toLowerCase() !== tenantId.toLowerCase())
    throw noToken(`It is signed in to tenant ${ownTenant}, and tenant-id is ${tenantId}`, signInFix(tenantId, cloud));
  return { token, expiresOnTimestamp: expiryOf(parseJson(stdout)) };
}

/** Versions before 2.54.0 print only the local time. */
function expiryOf(answer: unknown): number {
  const seconds = numberAt(answer, 'expires_on') ?? Number.parseInt(stringAt(answer, 'expires_on') ?? '', 10);
  if (!Number.isNaN(seconds)) return seconds * 1000;
  return new Date(stringAt(answer, 'expiresOn') ?? '').getTime() || Date.now();
}

/**
 * On Windows, az is a script for cmd. The arguments are ids and addresses, so they have no characters that are special
 * in a shell.
 */
function az(words: readonly string[], env: Readonly<Record<string, string>>): Promise<Printed> {
  const options = {
    env,
    shell: process.platform === 'win32',
    // The PATH may contain the current folder, and the workspace may contain a program named az.
    cwd: parse(process.execPath).root,
    timeout: TIMEOUT_MS,
  };
  return new Promise((resolve) => {
    execFile('az', words, options, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

function toCliActionError({ code, stderr }: Printed, tenantId: string, cloud: Cloud): ActionError {
  const said = stderr.trim().replace(/^ERROR: */, '');
  if (entraRefusal(said).number !== undefined)
    return signInFailure(said, { clientId: 'CLIENT_ID', tenantId, cloud, by: 'az CLI' });
  if (code === 'ENOENT' || /\baz: (command )?not found|'az' is not recognized/.test(said))
    return noToken(
      'The Azure CLI could not be found on the PATH',
      fix`install it on the runner (https://aka.ms/azure-cli) and sign it in, or set auth-type to oidc or managed-identity, which do not need it.`,
    );
  if (said === '' && typeof code !== 'number')
    return noToken(
      `az did not finish within ${TIMEOUT_MS / 1000} seconds`,
      fix`run az account show on the runner to see why.`,
    );
  const nobody = /az login|not logged in/.test(said)
    ? 'Nobody is signed in to it, or the sign-in has expired'
    : 'az failed';
  return noToken(`${nobody}. It said: ${said || `nothing, exit code ${code}`}`, signInFix(tenantId, cloud));
}

function signInFix(tenantId: string, cloud: Cloud): Fix {
  return fix`sign it in with a step before this one (azure/login with environment ${cloud.name}, or az cloud set --name ${cloud.name} && az login --tenant ${tenantId}), or set auth-type to oidc.`;
}

function noToken(why: string, how: Fix): ActionError {
  return new ActionError({
    id: 'azure-cli-not-signed-in',
    what: 'The az CLI on this runner gave no token',
    why,
    fix: how,
  });
}
