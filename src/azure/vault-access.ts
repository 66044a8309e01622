import { describeRestError } from '../http/transport.ts';
import { at, type JsonRecord, listAt, stringAt, stringsAt } from '../json.ts';
import { type ClusterClient, clusterResourceId } from './cluster.ts';
import { observePermissions, type Permissions, readArm } from './permissions.ts';
import { vaultPermissionMissing } from './vault-error.ts';
import type { VaultClient } from './vault-secret.ts';

/** The vault as an Azure resource: who may do what with its secrets. */
export interface VaultAccess {
  /** By role, or by access policy in a vault without RBAC. */
  readonly kind: 'role' | 'policy';
  allows(permission: SecretPermission): boolean;
}

/** Permissions on secrets by their name in an access policy, with the data action of a role.
 * https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
const DATA_ACTIONS = {
  get: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
  set: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
  recover: 'Microsoft.KeyVault/vaults/secrets/recover/action',
} as const;

export type SecretPermission = keyof typeof DATA_ACTIONS;

const VAULT_API = '2023-07-01';
const RESOURCES_API = '2021-04-01';
const TYPE = 'Microsoft.KeyVault/vaults';

/** @returns undefined where Azure does not show the vault or its roles to the identity */
export async function observeVaultAccess(
  client: ClusterClient,
  vaultName: string,
  objectId: string,
): Promise<VaultAccess | undefined> {
  const vault = await findVault(client, vaultName);
  const id = stringAt(vault, 'id');
  if (!vault || id === undefined) return undefined;
  if (at(vault, 'properties', 'enableRbacAuthorization') !== true) return byPolicy(vault, objectId);
  const permissions = await observePermissions(client, id);
  return permissions && byRole(permissions);
}

/** @throws ActionError vault-permission-missing */
export function requireSecretPermissions(
  client: VaultClient,
  access: VaultAccess,
  permissions: readonly SecretPermission[],
): void {
  const missing = permissions.filter((permission) => !access.allows(permission));
  if (missing.length === 0) return;
  const lacking = missing.map((permission) => (access.kind === 'role' ? DATA_ACTIONS[permission] : permission));
  const source = access.kind === 'role' ? 'role' : 'access policy';
  throw vaultPermissionMissing(
    client,
    access.kind,
    `The deploying identity may not write secret ${client.secretName} in vault ${client.vaultName}`,
    `No ${source} of it has ${lacking.join(', ')} there`,
  );
}

/** In the cluster's resource group, where most people have it, or anywhere in the subscription. */
async function findVault(client: ClusterClient, name: string): Promise<JsonRecord | undefined> {
  const group = clusterResourceId(client).split('/providers/')[0];
  const beside = await readVisible(client, `${group}/providers/${TYPE}/${name}`, VAULT_API);
  if (beside) return beside;
  const filter = encodeURIComponent(`resourceType eq '${TYPE}' and name eq '${name}'`);
  const resources = `/subscriptions/${client.context.subscriptionId}/resources?$filter=${filter}`;
  const found = stringAt(listAt(await readVisible(client, resources, RESOURCES_API), 'value')[0], 'id');
  return found === undefined ? undefined : readVisible(client, found, VAULT_API);
}

async function readVisible(client: ClusterClient, path: string, apiVersion: string): Promise<JsonRecord | undefined> {
  try {
    return await readArm(client, path, apiVersion);
  } catch (error) {
    const status = describeRestError(error)?.status;
    if (status === 403 || status === 404) return undefined;
    throw error;
  }
}

function byRole(permissions: Permissions): VaultAccess {
  return { kind: 'role', allows: (permission) => permissions.allowsData(DATA_ACTIONS[permission]) };
}

function byPolicy(vault: JsonRecord, objectId: string): VaultAccess {
  const own = listAt(vault, 'properties', 'accessPolicies').filter(
    (policy) => stringAt(policy, 'objectId')?.toLowerCase() === objectId,
  );
  const granted = own.flatMap((policy) => stringsAt(policy, 'permissions', 'secrets'));
  const names = new Set(granted.map((permission) => permission.toLowerCase()));
  return { kind: 'policy', allows: (permission) => names.has('all') || names.has(permission) };
}
