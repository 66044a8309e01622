import { RestError } from '@azure/core-rest-pipeline';
import type { HttpResponse } from '../http/transport.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, stringAt } from '../lib/json.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { type Arm, armRefusal, type ResourceRequest } from './arm.ts';
import { groupOf, type ResourceId, resourcePath, vaultIdIn } from './resource-id.ts';
import type { VaultAddress } from './vault-client.ts';

/** The state of the key vault that holds the client secret, for create-key-vault. */
export type VaultState =
  /** The identity may read secrets, or the vault says why not. */
  | { readonly kind: 'usable'; readonly ours: boolean }
  /** It exists, but the identity has no role on its secrets: an interrupted run created it. */
  | { readonly kind: 'no-access' }
  /** Soft-deleted: recovery restores it in its old place, with its secrets but without role assignments. */
  | { readonly kind: 'deleted'; readonly id: ResourceId; readonly location: string }
  | { readonly kind: 'absent' };

export interface VaultChange extends ChangeLine {
  readonly resource: 'key vault';
  readonly action: 'create' | 'recover';
  readonly id: ResourceId;
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
  const found = await arm.find(vaultRequest(address, resourcePath(address.id), 'Reading'));
  // Until it is ready, its DNS name does not resolve everywhere. The role on it takes longer.
  if (found) return isReady(found) || !isOurs(found) ? { kind: 'usable', ours: isOurs(found) } : { kind: 'no-access' };
  const [deleted, taken] = await Promise.all([findDeleted(arm, address), isNameTaken(arm, address)]);
  if (deleted) return deleted;
  if (!taken) return { kind: 'absent' };
  // For a moment, a vault that was just deleted is not in the list of deleted vaults, although its host name is gone.
  const answer = await ask().catch((error: unknown) =>
    error instanceof RestError ? undefined : Promise.reject(error),
  );
  if (!answer) return (await findDeletedLater(arm, address)) ?? { kind: 'usable', ours: false };
  const { headers } = answer;
  const tenantId = /authorization="[^"]*\/([0-9a-f-]{36})"/i.exec(headers['www-authenticate'] ?? '')?.[1];
  if (tenantId !== undefined && tenantId.toLowerCase() !== address.tenantId)
    throw nameTaken(address, `It belongs to tenant ${tenantId}`);
  return { kind: 'usable', ours: false };
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
  const target = vaultRequest(address, resourcePath(id), action === 'create' ? 'Creating' : 'Recovering');
  const create = {
    tenantId: address.tenantId,
    sku,
    accessPolicies: [],
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enablePurgeProtection: true,
  };
  // A recovered vault keeps its own tags.
  const recover = () => arm.send('PUT', target, { location, properties: recovery });
  try {
    await (action === 'create'
      ? arm.send('PUT', target, { location, tags: OWNER_TAGS, properties: create })
      : recover());
  } catch (error) {
    const refusal = armRefusal(error);
    if (refusal?.code === 'VaultAlreadyExists') throw nameTaken(address, refusal.message);
    // An identity that may not list deleted vaults learns only here that there is one, and not who created it.
    if (refusal?.status !== 409 || !/deleted state/.test(refusal.message)) throw error;
    await recover();
  }
  const ready = await pollUntil(
    async () => {
      const vault = await arm.find(target);
      return isReady(vault) ? { vault } : AGAIN;
    },
    { timeoutMs, intervalMs: READY_POLL_MS },
  );
  if (ready !== TIMED_OUT && !isOurs(ready.vault)) throw notOurs(address);
}

/** Marks a vault that this action created: it assigns itself a role on, and recovers, no other vault. */
const OWNER_TAGS = { 'managed-by': 'headlamp-aks-entra' } as const;

const isOurs = (vault: unknown) => stringAt(vault, 'tags', 'managed-by') === OWNER_TAGS['managed-by'];

const isReady = (vault: unknown) => stringAt(vault, 'properties', 'provisioningState') === 'Succeeded';

async function findDeleted(arm: Arm, address: VaultAddress): Promise<VaultState | undefined> {
  const target = path`/subscriptions/${address.subscriptionId}/providers/Microsoft.KeyVault/deletedVaults`;
  const all = await permitted(() => arm.list(vaultRequest(address, target, 'Looking for')));
  const found = all?.find((vault) => stringAt(vault, 'name')?.toLowerCase() === address.name.toLowerCase());
  if (!found) return undefined;
  const id = vaultIdIn(stringAt(found, 'properties', 'vaultId'), address.subscriptionId, address.name);
  if (id === undefined || !isOurs(at(found, 'properties'))) throw notOurs(address);
  return { kind: 'deleted', id, location: stringAt(found, 'properties', 'location') ?? '' };
}

async function findDeletedLater(arm: Arm, address: VaultAddress): Promise<VaultState | undefined> {
  const found = await pollUntil(async () => (await findDeleted(arm, address)) ?? AGAIN, WAITS.deletedList);
  return found === TIMED_OUT ? undefined : found;
}

async function isNameTaken(arm: Arm, address: VaultAddress): Promise<boolean> {
  const target = path`/subscriptions/${address.subscriptionId}/providers/Microsoft.KeyVault/checkNameAvailability`;
  const body = { name: address.name, type: 'Microsoft.KeyVault/vaults' };
  const answer = await permitted(() => arm.send('POST', vaultRequest(address, target, 'Looking for'), body));
  return at(answer, 'nameAvailable') === false;
}

/** Both requests need permissions on the subscription. An identity without them learns the answer from the creation. */
export async function permitted<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ActionError && error.failure.id === 'arm-permission-missing') return undefined;
    throw error;
  }
}

export function vaultRequest({ name, id }: VaultAddress, target: ApiPath, doing: string): ResourceRequest {
  const role = 'Key Vault Contributor';
  return {
    provider: 'Microsoft.KeyVault',
    path: target,
    doing: `${doing} key vault ${name}`,
    scope: groupOf(id),
    role,
  };
}

function nameTaken({ name }: VaultAddress, why: string): ActionError {
  return new ActionError({
    id: 'vault-name-taken',
    what: `Another vault already has the name ${name}`,
    why: `Vault names are unique across Azure. ${why}`,
    fix: fix`set key-vault-name to another name.`,
  });
}

function notOurs({ name }: VaultAddress): ActionError {
  return new ActionError({
    id: 'vault-not-ours',
    what: `Nothing shows that this action created the deleted vault ${name}`,
    why: "It does not have this action's tag, and recovering it also brings back the secrets in it",
    fix: fix`if it is yours, recover it (az keyvault recover --name ${name}) and give the deploying identity a role on it. Otherwise set key-vault-name to another name.`,
  });
}
