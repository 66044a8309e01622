import type { Emulator } from '../../../emulator/emulator.ts';
import type { Json } from '../../../emulator/lib/json.ts';

export const audience = 'api://AzureADTokenExchange';

/** An application that the box's workflow may sign in as, with its service principal. */
export function addDeployer(box: Emulator, ...roles: readonly string[]) {
  const application = box.directory.addApplication({
    displayName: 'deployer',
    federatedIdentityCredentials: [
      {
        name: 'main',
        issuer: 'https://token.actions.githubusercontent.com',
        subject: 'repo:contoso/platform:ref:refs/heads/main',
        audiences: [audience],
      },
    ],
  });
  const principal = box.directory.addServicePrincipal(application);
  for (const role of roles) box.directory.grantAppRole(principal, role);
  return { application, principal };
}

export async function idToken(box: Emulator, wanted = audience): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = box.environment();
  const response = await box.dispatch(`${url}&audience=${encodeURIComponent(wanted)}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  return text(await response.json(), 'value');
}

export async function requestToken(box: Emulator, form: Record<string, string>, tenant = box.directory.tenant.id) {
  const response = await box.dispatch(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  });
  return { status: response.status, body: await response.json() };
}

export async function withAssertion(box: Emulator, clientId: string, overrides: Record<string, string> = {}) {
  return requestToken(box, {
    client_id: clientId,
    scope: 'https://graph.microsoft.com/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: overrides['client_assertion'] ?? (await idToken(box)),
    ...overrides,
  });
}

/** Calls Microsoft Graph as the application. */
export async function graphClient(box: Emulator, clientId: string) {
  const token = text((await withAssertion(box, clientId)).body, 'access_token');
  return async (method: string, path: string, body?: Json, headers: Record<string, string> = {}) => {
    const response = await box.dispatch(`https://graph.microsoft.com/v1.0${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const source = await response.text();
    const parsed: Json = source === '' ? null : JSON.parse(source);
    return { status: response.status, body: parsed };
  };
}

/** The string at a path of names within JSON. */
export function text(value: Json | undefined, ...path: readonly string[]): string {
  const found = at(value, ...path);
  if (typeof found !== 'string') throw new Error(`No string at ${path.join('/')} in ${JSON.stringify(value)}`);
  return found;
}

export function at(value: Json | undefined, ...path: readonly (string | number)[]): Json | undefined {
  let found: Json | undefined = value;
  for (const name of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = Object.entries(found).find(([key]) => key === String(name))?.[1];
  }
  return found;
}
