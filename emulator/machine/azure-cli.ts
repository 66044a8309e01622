import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Installs an `az` into the folder that knows `az account get-access-token` and prints what the real one prints.
 * https://learn.microsoft.com/cli/azure/account#az-account-get-access-token
 * @param tokenUrl where it gets tokens; undefined if nobody is signed in
 */
export async function installAzureCli(folder: string, tokenUrl: string | undefined): Promise<void> {
  const program = join(folder, 'az.mjs');
  await writeFile(program, source(tokenUrl));
  const script = join(folder, 'az');
  await writeFile(script, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(script, 0o755);
}

function source(tokenUrl: string | undefined): string {
  return `
const [group, command, ...rest] = process.argv.slice(2);
const option = (name) => rest[rest.indexOf(name) + 1];
const fail = (message) => { console.error('ERROR: ' + message); process.exit(1); };
if (group !== 'account' || command !== 'get-access-token' || option('--output') !== 'json')
  fail("'" + [group, command].join(' ') + "' is misspelled or not recognized by the system.");
const tokenUrl = ${JSON.stringify(tokenUrl ?? '')};
if (tokenUrl === '') fail("Please run 'az login' to setup account.");
const answer = await fetch(tokenUrl + '?resource=' + encodeURIComponent(option('--resource')));
const body = await answer.json();
if (!answer.ok) fail(body.error_description);
const expires = new Date(Number(body.expires_on) * 1000).toISOString();
console.log(JSON.stringify({
  accessToken: body.access_token,
  expiresOn: expires.replace('T', ' ').replace('Z', '000'),
  expires_on: Number(body.expires_on),
  subscription: '00000000-0000-0000-0000-000000000000',
  tenant: option('--tenant'),
  tokenType: 'Bearer',
}, null, 2));
`;
}
