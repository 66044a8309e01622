import { RestError } from '@azure/core-rest-pipeline';
import type { HttpResponse } from '../http/transport.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, type JsonRecord, stringAt } from '../lib/json.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { type Arm, armRefusal, isMissingPermission, permitted, type ResourceRequest, retryOnRegionLag } from './arm.ts';
import { groupOf, type ResourceId, resourceId, resourcePath, vaultIdIn } from './resource-id.ts';
import { type VaultAddress, vaultTenantIn } from './vault-client.ts';

/** The state of the key vault that holds the client secret, for create-key-vault. */
export type VaultState =
  /** The identity may read secrets, or the vault says why not. */
  | { readonly kind: 'usable'; readonly ours: boolean }
  /** It exists, but the identity has no role on its secrets: an interrupted run created it. */
  | { readonly kind: 'no-access' }
  /** Soft-deleted: recovery restores it in its old place, with its secrets but without role assignments. */
  | DeletedVault
  | { readonly kind: 'absent' };

interface DeletedVault {
  readonly kind: 'deleted';
  readonly id: ResourceId;
  readonly location: string;
}

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
 * @throws ActionError vault-name-taken, vault-not-ours
 */
export async function observeVault(
  arm: Arm,
  address: VaultAddress,
  ask: () => Promise<HttpResponse>,
): Promise<VaultState> {
  const found = await arm.find(vaultRequest(address, resourcePath(address.id), 'Reading'));
  // Until it is ready, its DNS name does not resolve everywhere. The role on it takes longer.
  if (found) return isReady(found) || !isOurs(found) ? { kind: 'usable', ours: isOurs(found) } : { kind: 'no-access' };
  const [deleted, free] = await Promise.all([permitted(() => findDeleted(arm, address)), isNameFree(arm, address)]);
  if (deleted) return deleted;
  // An identity that may not ask learns from the creation.
  if (free !== false) return { kind: 'absent' };
  // For a moment, a vault that was just deleted is not in the list of deleted vaults, although its host name is gone.
  const answer = await ask().catch((error: unknown) =>
    error instanceof RestError ? undefined : Promise.reject(error),
  );
  if (!answer) return (await permitted(() => findDeletedLater(arm, address))) ?? { kind: 'usable', ours: false };
  const tenantId = vaultTenantIn(answer);
  if (tenantId !== undefined && tenantId !== address.tenantId)
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
 * @throws ActionError vault-name-taken, vault-not-ours and those of toArmActionError
 */
export async function applyVault(
  arm: Arm,
  address: VaultAddress,
  { id, location, action }: VaultChange,
  timeoutMs: number,
): Promise<void> {
  const made =
    action === 'create' ? await create(arm, address, location) : await recover(arm, address, { id, location });
  await pollUntil(async () => (isReady(await arm.find(made)) ? true : AGAIN), {
    timeoutMs,
    intervalMs: READY_POLL_MS,
  });
}

const SKU = { family: 'A', name: 'standard' };

async function create(arm: Arm, address: VaultAddress, location: string): Promise<ResourceRequest> {
  const target = vaultRequest(address, resourcePath(address.id), 'Creating');
  const properties = {
    tenantId: address.tenantId,
    sku: SKU,
    accessPolicies: [],
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    softDeleteRetentionInDays: 90,
    enablePurgeProtection: true,
  };
  try {
    await retryOnRegionLag(() => arm.send('PUT', target, { location, tags: OWNER_TAGS, properties }));
    return target;
  } catch (error) {
    const refusal = armRefusal(error);
    if (refusal?.code === 'VaultAlreadyExists') throw nameTaken(address, refusal.message);
    if (refusal?.status !== 409 || !/deleted state/.test(refusal.message)) throw error;
    // It was deleted since the run looked, or the identity may not list deleted vaults.
    const deleted = await findDeletedLater(arm, address).catch((cause: unknown) =>
      Promise.reject(unseen(address, cause)),
    );
    if (!deleted) throw error;
    return recover(arm, address, deleted);
  }
}

/** A recovered vault keeps its own tags. */
async function recover(
  arm: Arm,
  address: VaultAddress,
  { id, location }: Pick<VaultChange, 'id' | 'location'>,
): Promise<ResourceRequest> {
  const target = vaultRequest(address, resourcePath(id), 'Recovering');
  const properties = { tenantId: address.tenantId, sku: SKU, createMode: 'recover' };
  await arm.send('PUT', target, { location, properties });
  return target;
}

/** Marks a vault that this action created: it assigns itself a role on, and recovers, no other vault. */
const OWNER_TAGS = { 'managed-by': 'headlamp-aks-entra' } as const;

const isOurs = (vault: unknown) => stringAt(vault, 'tags', 'managed-by') === OWNER_TAGS['managed-by'];

const isReady = (vault: unknown) => stringAt(vault, 'properties', 'provisioningState') === 'Succeeded';

/**
 * The deleted vault of this name, as Resource Manager lists it.
 * @throws ActionError arm-permission-missing, as the list is of the subscription
 */
export async function listedAsDeleted(arm: Arm, address: VaultAddress): Promise<JsonRecord | undefined> {
  const scope = resourceId`/subscriptions/${address.subscriptionId}`;
  const target = path`${resourcePath(scope)}/providers/Microsoft.KeyVault/deletedVaults`;
  const all = await arm.list({ ...vaultRequest(address, target, 'Looking for'), role: 'Key Vault Reader', scope });
  return all.find((vault) => stringAt(vault, 'name')?.toLowerCase() === address.name.toLowerCase());
}

/** @throws ActionError vault-not-ours and those of listedAsDeleted */
async function findDeleted(arm: Arm, address: VaultAddress): Promise<DeletedVault | undefined> {
  const found = await listedAsDeleted(arm, address);
  if (!found) return undefined;
  const id = vaultIdIn(stringAt(found, 'properties', 'vaultId'), address.subscriptionId, address.name);
  if (id === undefined || !isOurs(at(found, 'properties'))) throw notOurs(address);
  return { kind: 'deleted', id, location: stringAt(found, 'properties', 'location') ?? '' };
}

async function findDeletedLater(arm: Arm, address: VaultAddress): Promise<DeletedVault | undefined> {
  const found = await pollUntil(async () => (await findDeleted(arm, address)) ?? AGAIN, WAITS.deletedList);
  return found === TIMED_OUT ? undefined : found;
}

/** Whether no vault has the name; undefined if the identity may not ask, which needs a permission on the subscription. */
export async function isNameFree(arm: Arm, address: VaultAddress): Promise<boolean | undefined> {
  const target = path`/subscriptions/${address.subscriptionId}/providers/Microsoft.KeyVault/checkNameAvailability`;
  const body = { name: address.name, type: 'Microsoft.KeyVault/vaults' };
  const answer = await permitted(() => arm.send('POST', vaultRequest(address, target, 'Looking for'), body));
  const free = at(answer, 'nameAvailable');
  return typeof free === 'boolean' ? free : undefined;
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

/** Only the list says whose a deleted vault is; recovering it to find out would open what may be somebody else's. */
function unseen({ name }: VaultAddress, refusal: unknown): unknown {
  if (!isMissingPermission(refusal)) return refusal;
  const why =
    'The identity may not list deleted vaults, so whether this action created it is not known; recovering it also brings back the secrets in it';
  return new ActionError(
    {
      id: 'vault-not-ours',
      what: `Vault ${name} is deleted and was not recovered`,
      why,
      fix: fix`set key-vault-name to another name; or, if it is yours, recover it: az keyvault recover --name ${name}; or let the identity see whether this action created it: ${refusal.failure.fix}`,
    },
    { cause: refusal },
  );
}
