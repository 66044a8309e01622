/** A built-in role, cut to the actions that are modelled here.
 * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export interface BuiltInRole {
  readonly actions: readonly string[];
  readonly dataActions: readonly string[];
}

const clusters = 'Microsoft.ContainerService/managedClusters';
const secrets = 'Microsoft.KeyVault/vaults/secrets';

export const builtInRoles: Readonly<Record<string, BuiltInRole>> = {
  Owner: { actions: ['*'], dataActions: [] },
  Contributor: { actions: ['*'], dataActions: [] },
  Reader: { actions: ['*/read'], dataActions: [] },
  'Azure Kubernetes Service Contributor Role': {
    actions: [`${clusters}/read`, `${clusters}/write`, 'Microsoft.Resources/subscriptions/resourceGroups/read'],
    dataActions: [],
  },
  'Azure Kubernetes Service Cluster User Role': {
    actions: [`${clusters}/listClusterUserCredential/action`, `${clusters}/read`],
    dataActions: [],
  },
  'Azure Kubernetes Service Cluster Admin Role': {
    actions: [`${clusters}/listClusterAdminCredential/action`, `${clusters}/runcommand/action`, `${clusters}/read`],
    dataActions: [],
  },
  // What these allow inside the cluster is the API server's to decide, by the role's name.
  'Azure Kubernetes Service RBAC Cluster Admin': {
    actions: [`${clusters}/listClusterUserCredential/action`],
    dataActions: [],
  },
  'Azure Kubernetes Service RBAC Reader': { actions: [], dataActions: [] },
  'Key Vault Secrets Officer': { actions: ['Microsoft.KeyVault/vaults/read'], dataActions: [`${secrets}/*`] },
  'Key Vault Secrets User': {
    actions: [],
    dataActions: [`${secrets}/getSecret/action`, `${secrets}/readMetadata/action`],
  },
  'Key Vault Administrator': {
    actions: ['Microsoft.KeyVault/vaults/read'],
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  },
};

/** Whether a pattern such as `Microsoft.KeyVault/vaults/*` covers an action; case does not count. */
export function covers(pattern: string, action: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}
