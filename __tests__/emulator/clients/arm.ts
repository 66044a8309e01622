import { afterEach, beforeEach, expect } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/emulator.ts';
import { at, type Json } from '../../../emulator/lib/json.ts';
import { addDeployer, withAssertion } from './entra.ts';
import { stringAt } from './json.ts';

export const SUBSCRIPTION = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';
export const ROOT = `/subscriptions/${SUBSCRIPTION}`;
export const GROUP = `${ROOT}/resourceGroups/rg-platform`;
export const CLUSTER = `${GROUP}/providers/Microsoft.ContainerService/managedClusters/aks-demo`;

/** Gives each test a box with the subscription, which must not have crashed when the test is over. */
export function withSubscription(use: (box: Emulator) => void): void {
  let box: Emulator | undefined;
  beforeEach(async () => {
    box = await startEmulator();
    box.arm.addSubscription(SUBSCRIPTION, 'Platform');
    use(box);
  });
  afterEach(async () => {
    expect(box?.crashes).toEqual([]);
    await box?.close();
  });
}

/** Azure's word for what is wrong. */
export const code = (reply: { body: Json }) => at(reply.body, 'error', 'code');

/** Calls Resource Manager as an application with these roles on the subscription. */
export async function armClient(box: Emulator, ...roles: readonly string[]) {
  const { application, principal } = addDeployer(box);
  for (const role of roles) box.arm.assignments.assign(principal.id, role, ROOT);
  const scope = 'https://management.azure.com/.default';
  const token = stringAt((await withAssertion(box, application.appId, { scope })).body, 'access_token');
  return async (method: string, path: string, body?: Json) => {
    const version = versionOf(path);
    const url = `https://management.azure.com${path}${path.includes('?') ? '&' : '?'}api-version=${version}`;
    const response = await box.dispatch(url, {
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
