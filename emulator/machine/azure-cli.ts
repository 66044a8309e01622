import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Who is signed in to the az CLI. */
export interface AzureCliSignIn {
  /** Where it gets tokens; undefined if nobody is signed in. */
  readonly tokenUrl: string | undefined;
  /** Signed in by a managed identity, which az refuses to be told the tenant of. */
  readonly managedIdentity?: boolean;
  /** A file: once it is there, az gets no token for a further API, as its ID token is out of date. */
  readonly expired?: string;
}

/** Installs an `az` into the folder that knows `az account get-access-token` and prints what the real one prints.
 * https://learn.microsoft.com/cli/azure/account#az-account-get-access-token */
export async function installAzureCli(folder: string, signIn: AzureCliSignIn): Promise<void> {
  const program = join(folder, 'az.mjs');
  await writeFile(program, source(signIn));
  const script = join(folder, 'az');
  await writeFile(script, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(script, 0o755);
}

const OUT_OF_DATE = [
  'AADSTS700024: Client assertion is not within its valid time range. Current time: 2026-11-27T11:08:01.5274809Z, assertion valid from 2026-11-27T10:53:26.0000000Z, expiry time of assertion 2026-11-27T11:03:26.0000000Z. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials . Trace ID: 00000000-0000-4000-8000-00000000000a Correlation ID: 00000000-0000-4000-8000-00000000000b Timestamp: 2026-11-27 11:08:01Z',
  'Interactive authentication is needed. Please run:',
  'az login',
].join('\\n');

function source({ tokenUrl = '', managedIdentity = false, expired = '' }: AzureCliSignIn): string {
  return `
import { existsSync } from 'node:fs';
const [group, command, ...rest] = process.argv.slice(2);
const option = (name) => rest.includes(name) ? rest[rest.indexOf(name) + 1] : undefined;
const fail = (message) => { console.error('ERROR: ' + message); process.exit(1); };
if (group !== 'account' || command !== 'get-access-token' || option('--output') !== 'json')
  fail("'" + [group, command].join(' ') + "' is misspelled or not recognized by the system.");
const tokenUrl = ${JSON.stringify(tokenUrl)};
if (tokenUrl === '') fail("Please run 'az login' to setup account.");
if (${managedIdentity} && option('--tenant') !== undefined) fail("Tenant shouldn't be specified for managed identity account");
if (${expired !== ''} && existsSync(${JSON.stringify(expired)})) fail("${OUT_OF_DATE}");
const answer = await fetch(tokenUrl + '?resource=' + encodeURIComponent(option('--resource')));
const body = await answer.json();
if (!answer.ok) fail(body.error_description);
const expires = new Date(Number(body.expires_on) * 1000).toISOString();
const claims = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
console.log(JSON.stringify({
  accessToken: body.access_token,
  expiresOn: expires.replace('T', ' ').replace('Z', '000'),
  expires_on: Number(body.expires_on),
  subscription: '00000000-0000-0000-0000-000000000000',
  tenant: claims.tid,
  tokenType: 'Bearer',
}, null, 2));
`;
}
