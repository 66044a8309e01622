import type { Directory } from '../../entra/directory.ts';
import type { Clock } from '../../lib/clock.ts';
import type { JsonObject } from '../../lib/json.ts';

/** A key vault, as its control plane sees it. */
export interface Vault {
  readonly id: string;
  readonly name: string;
  readonly location: string;
  readonly tenantId: string;
  /** False if access policies apply instead of Azure roles. */
  readonly rbac: boolean;
  /** Permissions on secrets by object id, for a vault without RBAC. */
  readonly accessPolicies: Readonly<Record<string, readonly string[]>>;
  readonly purgeProtection: boolean;
  readonly tags: JsonObject;
  /** Other properties, as ARM names them. */
  readonly properties: JsonObject;
  /** When its host name resolves, in milliseconds of the emulated clock. */
  readonly readyAt: number;
  readonly deletedAt?: number;
  /** Whether the firewall blocks the client. */
  firewallDenies: boolean;
  /** Whether the client's network reaches its host, as with a private endpoint elsewhere. */
  outOfReach: boolean;
}

export interface NewVault {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location?: string;
  readonly rbac?: boolean;
  readonly accessPolicies?: Vault['accessPolicies'];
  readonly purgeProtection?: boolean;
  readonly tags?: JsonObject;
  readonly properties?: JsonObject;
  /** Default: the emulator's tenant. */
  readonly tenantId?: string;
}

const RETENTION_DAYS = 90;

export function vaultId({ subscriptionId, resourceGroup, name }: NewVault): string {
  return `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${name}`;
}

export function vaultRecord(vault: NewVault & { readonly tenantId: string }, readyAt: number): Vault {
  const { name, location = 'westeurope', tenantId, rbac = true, accessPolicies = {}, tags = {} } = vault;
  const { purgeProtection = false, properties = {} } = vault;
  const identity = { id: vaultId(vault), name, location, tenantId };
  return {
    ...identity,
    rbac,
    accessPolicies,
    purgeProtection,
    tags,
    properties,
    readyAt,
    firewallDenies: false,
    outOfReach: false,
  };
}

/** A vault as ARM shows it. */
export function vaultModel(
  vault: Vault,
  { clock, directory }: { readonly clock: Clock; readonly directory: Directory },
): JsonObject {
  const { id, name, location, tags, tenantId, rbac, accessPolicies, purgeProtection, properties } = vault;
  return {
    id,
    name,
    type: 'Microsoft.KeyVault/vaults',
    location,
    tags,
    systemData: {
      createdBy: 'somebody@contoso.com',
      createdByType: 'User',
      createdAt: '2026-01-01T00:00:00Z',
      lastModifiedBy: 'somebody@contoso.com',
      lastModifiedByType: 'User',
      lastModifiedAt: '2026-01-01T00:00:00Z',
    },
    properties: {
      sku: { family: 'A', name: 'standard' },
      tenantId,
      enabledForDeployment: false,
      softDeleteRetentionInDays: RETENTION_DAYS,
      ...properties,
      accessPolicies: Object.entries(accessPolicies).map(([objectId, secrets]) => ({
        tenantId,
        objectId,
        permissions: { secrets },
      })),
      enableSoftDelete: true,
      enableRbacAuthorization: rbac,
      ...(purgeProtection && { enablePurgeProtection: true }),
      vaultUri: `https://${name.toLowerCase()}.${directory.cloud.vaultSuffix}/`,
      provisioningState: clock.now() < vault.readyAt ? 'RegisteringDns' : 'Succeeded',
      publicNetworkAccess: properties['publicNetworkAccess'] ?? 'Enabled',
    },
  };
}

const DAY_MS = 86_400_000;

/** A soft-deleted vault as ARM lists it. */
export function deletedVaultModel(vault: Vault): JsonObject {
  const { id, name, location, tags, purgeProtection, deletedAt = 0 } = vault;
  const subscription = id.split('/').slice(0, 3).join('/');
  return {
    id: `${subscription}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}`,
    name,
    type: 'Microsoft.KeyVault/deletedVaults',
    properties: {
      vaultId: id,
      location,
      tags,
      deletionDate: new Date(deletedAt).toISOString(),
      scheduledPurgeDate: new Date(deletedAt + RETENTION_DAYS * DAY_MS).toISOString(),
      ...(purgeProtection && { purgeProtectionEnabled: true }),
    },
  };
}
