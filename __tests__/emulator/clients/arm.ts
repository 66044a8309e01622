import type { Emulator } from '../../../emulator/emulator.ts';
import { at, type Json } from '../../../emulator/lib/json.ts';
import { withEmulator } from './emulator.ts';
import { addDeployer, withAssertion } from './entra.ts';
import { stringAt } from './json.ts';

export const SUBSCRIPTION = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';
export const ROOT = `/subscriptions/${SUBSCRIPTION}`;
export const GROUP = `${ROOT}/resourceGroups/rg-platform`;
export const CLUSTER = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-demo`;

/** An emulator with the subscription, for each test. */
export function withSubscription(use: (emulator: Emulator) => void): void {
  withEmulator((emulator) => {
    emulator.arm.addSubscription(SUBSCRIPTION, 'Platform');
    use(emulator);
  });
}

/** The error code of the answer: AKS does not wrap its own errors. */
export const code = (reply: { body: Json }) => at(reply.body, 'error', 'code') ?? at(reply.body, 'code');

/** @returns a function that calls Resource Manager as an application with these roles on the subscription */
export async function armClient(emulator: Emulator, ...roles: readonly string[]) {
  const { application, principal } = addDeployer(emulator);
  for (const role of roles) emulator.arm.assignments.assign(principal.id, role, ROOT);
  const scope = 'https://management.azure.com/.default';
  const token = stringAt((await withAssertion(emulator, application.appId, { scope })).body, 'access_token');
  return async (method: string, path: string, body?: Json) => {
    const version = versionOf(path);
    const query = path.includes('api-version=') ? '' : `${path.includes('?') ? '&' : '?'}api-version=${version}`;
    const url = `https://management.azure.com${path}${query}`;
    const response = await emulator.dispatch(url, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const content = await response.text();
    return { status: response.status, headers: response.headers, body: content === '' ? null : JSON.parse(content) };
  };
}

function versionOf(path: string): string {
  if (path.includes('Microsoft.Authorization')) return '2022-04-01';
  if (/ContainerService\/(managedClusters|locations)/.test(path)) return '2026-04-01';
  if (path.includes('Microsoft.KeyVault/')) return '2024-11-01';
  if (path.includes('Microsoft.ManagedIdentity/')) return '2025-05-31-preview';
  return path === ROOT || path === '/subscriptions' ? '2022-12-01' : '2024-11-01';
}
