import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { cleanEnvironment, type Environment, runProgram } from '../helm/program.ts';
import { at, dateIn, parseJson, stringAt } from '../lib/json.ts';

/** It has to start Python, and to call Entra if its cache has no token. */
const TIMEOUT_MS = 60_000;

/** Beside what every program gets: its folders, its certificates, and where a machine's identity service is. */
const OF_AZ =
  /^(AZURE_CONFIG_DIR|AZURE_EXTENSION_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|IDENTITY_ENDPOINT|IDENTITY_HEADER|IMDS_ENDPOINT|MSI_ENDPOINT)$/;

/**
 * The az CLI's tokens. The credential of the Azure SDK would start az with the whole environment of the job, its tokens
 * and inputs among it.
 */
export function azureCliCredential(tenantId: string, environment: Environment, os: NodeJS.Platform): TokenCredential {
  const env = environmentOf(environment);
  return {
    async getToken(scopes) {
      const resource = ([scopes].flat()[0] ?? '').replace(/\/\.default$/, '');
      const args = ['account', 'get-access-token', '--output', 'json', '--resource', resource, '--tenant', tenantId];
      // On Windows az is a script, which only a shell starts.
      const { stdout, stderr } = await (os === 'win32'
        ? runProgram('cmd.exe', ['/d', '/c', 'az', ...args], env, TIMEOUT_MS)
        : runProgram('az', args, env, TIMEOUT_MS)
      ).catch(() => ({ stdout: '', stderr: 'It could not be started: is it installed, and on the PATH?' }));
      const token = tokenIn(parseJson(stdout));
      if (!token) throw new Error(stderr.trim() || 'It printed no token');
      return token;
    },
  };
}

function environmentOf(environment: Environment): Record<string, string> {
  const own = Object.entries(environment).filter(
    (entry): entry is [string, string] => OF_AZ.test(entry[0]) && entry[1] !== undefined,
  );
  // So that Windows does not look for az in the workspace.
  return { ...cleanEnvironment(environment), ...Object.fromEntries(own), NoDefaultCurrentDirectoryInExePath: '1' };
}

/** Versions before 2.54 print only a local time, without its zone. */
function tokenIn(answer: unknown): AccessToken | undefined {
  const token = stringAt(answer, 'accessToken');
  const seconds = Number(at(answer, 'expires_on'));
  const expiresOn = Number.isFinite(seconds)
    ? seconds * 1000
    : dateIn(stringAt(answer, 'expiresOn')?.replace(' ', 'T'))?.getTime();
  return token && expiresOn ? { token, expiresOnTimestamp: expiresOn } : undefined;
}
