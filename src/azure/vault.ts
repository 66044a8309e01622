import type { HttpResponse } from '../http/transport.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { at, stringAt } from '../lib/json.ts';
import { AGAIN, pollUntil } from '../lib/polling.ts';
import { type Arm, armRefusal, type ResourceRequest } from './arm.ts';
import type { VaultAddress } from './vault-client.ts';

/** The state of the key vault that holds the client secret, for create-key-vault. */
export type VaultState =
  /** It exists and is ready. If the identity may not read secrets, the vault's own error says why. */
  | { readonly kind: 'usable' }
  /** It exists, but the identity has no role on its secrets: an interrupted run created it. */
  | { readonly kind: 'no-access' }
  /** Soft-deleted: recovery restores it in its old place, with its secrets but without role assignments. */
  | { readonly kind: 'deleted'; readonly id: string; readonly location: string }
  | { readonly kind: 'absent' };

export interface VaultChange extends ChangeLine {
  readonly resource: 'key vault';
  readonly action: 'create' | 'recover';
  readonly id: string;
  readonly location: string;
}

const READY_POLL_MS = 2_000;

/**
 * Looks for the vault by name. It may be in any resource group: outside the cluster's, it exists if its name is taken.
 * @param ask sends the vault a request without a token; the response names the vault's tenant
 * @throws ActionError vault-name-taken
 */
export async function observeVault(
  arm: Arm,
  address: VaultAddress,
  ask: () => Promise<HttpResponse>,
): Promise<VaultState> {
  const found = await arm.find(request(address, address.id, 'Reading', 'Key Vault Contributor'));
  // Until it is ready, its DNS name may be missing, and its role assignment is not in effect.
  if (found) return { kind: isReady(found) ? 'usable' : 'no-access' };
  const [deleted, taken] = await Promise.all([findDeleted(arm, address), isNameTaken(arm, address)]);
  if (deleted) return deleted;
  if (!taken) return { kind: 'absent' };
  const { headers } = await ask();
  const tenantId = /authorization="[^"]*\/([0-9a-f-]{36})"/i.exec(headers['www-authenticate'] ?? '')?.[1];
  if (tenantId !== undefined && tenantId.toLowerCase() !== address.tenantId)
    throw nameTaken(address, `The vault is in tenant ${tenantId}`);
  return { kind: 'usable' };
}

/** @param wanted the vault and the cluster's region */
export function planVault(
  { address: { name, id }, location }: { readonly address: VaultAddress; readonly location: string },
  state: VaultState,
): VaultChange[] {
  if (state.kind === 'absent')
    return [{ resource: 'key vault', action: 'create', detail: `${name} in ${location}`, id, location }];
  if (state.kind !== 'deleted') return [];
  const detail = `${name}, which is soft-deleted`;
  return [{ resource: 'key vault', action: 'recover', detail, id: state.id, location: state.location }];
}

/**
 * Creates or recovers the vault and waits until it is ready, so that its DNS name exists.
 * @throws ActionError vault-name-taken and those of toArmActionError
 */
export async function applyVault(
  arm: Arm,
  address: VaultAddress,
  { id, location, action }: VaultChange,
  timeoutMs: number,
): Promise<void> {
  const sku = { family: 'A', name: 'standard' };
  const recovery = { tenantId: address.tenantId, sku, createMode: 'recover' };
  const target = request(address, id, action === 'create' ? 'Creating' : 'Recovering', 'Key Vault Contributor');
  const create = {
    tenantId: address.tenantId,
    sku,
    accessPolicies: [],
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enablePurgeProtection: true,
  };
  const put = (properties: typeof create | typeof recovery) => arm.send('PUT', target, { location, properties });
  try {
    await put(action === 'create' ? create : recovery);
  } catch (error) {
    const refusal = armRefusal(error);
    if (refusal?.code === 'VaultAlreadyExists') throw nameTaken(address, refusal.message);
    // An identity that may not list deleted vaults only learns of one here.
    if (refusal?.status !== 409 || !/deleted state/.test(refusal.message)) throw error;
    await put(recovery);
  }
  await pollUntil(async () => (isReady(await arm.find(target)) ? true : AGAIN), {
    timeoutMs,
    intervalMs: READY_POLL_MS,
  });
}

const isReady = (vault: unknown) => stringAt(vault, 'properties', 'provisioningState') === 'Succeeded';

async function findDeleted(arm: Arm, address: VaultAddress): Promise<VaultState | undefined> {
  const path = `/subscriptions/${address.subscriptionId}/providers/Microsoft.KeyVault/deletedVaults`;
  const all = await permitted(() => arm.list(request(address, path, 'Looking for', 'Key Vault Contributor')));
  const found = all?.find((vault) => stringAt(vault, 'name')?.toLowerCase() === address.name.toLowerCase());
  const id = stringAt(found, 'properties', 'vaultId');
  return id === undefined
    ? undefined
    : { kind: 'deleted', id, location: stringAt(found, 'properties', 'location') ?? '' };
}

async function isNameTaken(arm: Arm, address: VaultAddress): Promise<boolean> {
  const path = `/subscriptions/${address.subscriptionId}/providers/Microsoft.KeyVault/checkNameAvailability`;
  const body = { name: address.name, type: 'Microsoft.KeyVault/vaults' };
  const target = request(address, path, 'Looking for', 'Key Vault Contributor');
  const answer = await permitted(() => arm.send('POST', target, body));
  return at(answer, 'nameAvailable') === false;
}

/** Both requests need permissions on the subscription. An identity without them learns the answer from the creation. */
async function permitted<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ActionError && error.failure.id === 'arm-permission-missing') return undefined;
    throw error;
  }
}

function request({ name, id }: VaultAddress, path: string, doing: string, role: string): ResourceRequest {
  const scope = id.split('/').slice(0, 5).join('/');
  return { provider: 'Microsoft.KeyVault', path, doing: `${doing} key vault ${name}`, scope, role };
}

function nameTaken({ name }: VaultAddress, why: string): ActionError {
  return new ActionError({
    id: 'vault-name-taken',
    what: `Another vault already has the name ${name}`,
    why: `Vault names are unique across Azure. ${why}`,
    fix: 'set key-vault-name to another name.',
  });
}
