import type { Emulator } from '../../../emulator/emulator.ts';
import { stringAt } from './json.ts';

export const audience = 'api://AzureADTokenExchange';

/** Adds an application with a federated credential for the emulator's workflow, and its service principal. */
export function addDeployer(emulator: Emulator, ...roles: readonly string[]) {
  const application = emulator.directory.addApplication({
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
  const principal = emulator.directory.addServicePrincipal(application);
  for (const role of roles) emulator.directory.grantAppRole(principal, role);
  return { application, principal };
}

export async function idToken(emulator: Emulator, wanted = audience): Promise<string> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = emulator.environment();
  const response = await emulator.dispatch(`${url}&audience=${encodeURIComponent(wanted)}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  return stringAt(await response.json(), 'value');
}

export async function requestToken(
  emulator: Emulator,
  form: Record<string, string>,
  tenant = emulator.directory.tenant.id,
) {
  const response = await emulator.dispatch(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
  });
  return { status: response.status, body: await response.json() };
}

export async function withAssertion(emulator: Emulator, clientId: string, overrides: Record<string, string> = {}) {
  return requestToken(emulator, {
    client_id: clientId,
    scope: 'https://graph.microsoft.com/.default',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: overrides['client_assertion'] ?? (await idToken(emulator)),
    ...overrides,
  });
}
