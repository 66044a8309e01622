import { path } from '../lib/api-path.ts';
import { at, type JsonRecord, listAt, stringAt, stringsAt } from '../lib/json.ts';
import { type Arm, ifVisible, type ResourceRequest } from './arm.ts';
import { observePermissions, type Permissions } from './permissions.ts';
import { type ResourceId, resourceId, resourcePath, vaultIdIn } from './resource-id.ts';
import type { VaultAddress, VaultClient } from './vault-client.ts';
import { vaultPermissionMissing } from './vault-error.ts';

/** What the deploying identity may do with the vault's secrets. */
export interface VaultPermissions {
  /** By role, or by access policy in a vault without RBAC. */
  readonly kind: 'role' | 'policy';
  allows(permission: SecretPermission): boolean;
}

/** The data action of a role for each permission on secrets, by its name in an access policy.
 * https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
export const SECRET_DATA_ACTIONS = {
  get: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
  set: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
  recover: 'Microsoft.KeyVault/vaults/secrets/recover/action',
} as const;

export type SecretPermission = keyof typeof SECRET_DATA_ACTIONS;

const PERMISSIONS: readonly SecretPermission[] = ['get', 'set', 'recover'];

const TYPE = 'Microsoft.KeyVault/vaults';

/**
 * Reads the permissions at the secret, where a role may be assigned. With such a role the vault is invisible; then the
 * roles count only if they allow something.
 * @returns undefined if Azure does not show enough
 */
export async function observeVaultPermissions(
  arm: Arm,
  { address, secretName }: VaultClient,
): Promise<VaultPermissions | undefined> {
  const { id, vault } = await findVault(arm, address);
  if (vault && at(vault, 'properties', 'enableRbacAuthorization') !== true) return byPolicy(vault);
  const permissions = await observePermissions(arm, resourceId`${id}/secrets/${secretName}`);
  const access = permissions && byRole(permissions);
  return vault || PERMISSIONS.some((permission) => access?.allows(permission)) ? access : undefined;
}

/** @throws ActionError vault-permission-missing */
export function requireSecretPermissions(
  client: VaultClient,
  access: VaultPermissions,
  permissions: readonly SecretPermission[],
): void {
  const missing = permissions.filter((permission) => !access.allows(permission));
  if (missing.length === 0) return;
  const lacking = missing.map((permission) => (access.kind === 'role' ? SECRET_DATA_ACTIONS[permission] : permission));
  const source = access.kind === 'role' ? 'role' : 'access policy';
  throw vaultPermissionMissing(client, access.kind, {
    what: `The deploying identity is not allowed to write secret ${client.secretName} in vault ${client.vaultName}`,
    why: `No ${source} grants it ${lacking.join(', ')} on ${access.kind === 'role' ? 'the secret' : 'the vault'}`,
    ofValue: true,
  });
}

/**
 * Looks in the cluster's resource group first, where most vaults are, then in the whole subscription.
 * @returns the vault, if it is visible, under the ID that it was asked by: the one in the answer is not trusted
 */
async function findVault(
  arm: Arm,
  { id, name, subscriptionId }: VaultAddress,
): Promise<{ readonly id: ResourceId; readonly vault: JsonRecord | undefined }> {
  const reading = { doing: `Reading vault ${name}`, provider: 'Microsoft.KeyVault', role: 'Reader' } as const;
  const beside = await ifVisible(() => arm.find({ ...reading, path: resourcePath(id), scope: id }));
  if (beside) return { id, vault: beside };
  const scope = resourceId`/subscriptions/${subscriptionId}`;
  const anywhere: ResourceRequest = {
    ...{ ...reading, provider: 'Microsoft.Resources', path: path`${resourcePath(scope)}/resources`, scope },
    filter: `resourceType eq '${TYPE}' and name eq '${name}'`,
  };
  const found = vaultIdIn(stringAt((await ifVisible(() => arm.list(anywhere)))?.[0], 'id'), subscriptionId, name);
  if (found === undefined) return { id, vault: undefined };
  const vault = await ifVisible(() => arm.find({ ...reading, path: resourcePath(found), scope: found }));
  return { id: vault ? found : id, vault };
}

function byRole(permissions: Permissions): VaultPermissions {
  return { kind: 'role', allows: (permission) => permissions.allowsData(SECRET_DATA_ACTIONS[permission]) };
}

/** Combines all policies, as one for a group may include the identity. What no policy grants, the identity lacks. */
function byPolicy(vault: JsonRecord): VaultPermissions | undefined {
  const policies = listAt(vault, 'properties', 'accessPolicies');
  if (policies.length === 0) return undefined;
  const granted = policies.flatMap((policy) => stringsAt(policy, 'permissions', 'secrets'));
  const names = new Set(granted.map((permission) => permission.toLowerCase()));
  return { kind: 'policy', allows: (permission) => names.has('all') || names.has(permission) };
}
