/** A built-in role, limited to the actions that the emulator models.
 * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export interface BuiltInRole {
  /** The same in every tenant. */
  readonly id: string;
  readonly actions: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions: readonly string[];
}

const clusters = 'Microsoft.ContainerService/managedClusters';
const secrets = 'Microsoft.KeyVault/vaults/secrets';

export const builtInRoles: Readonly<Record<string, BuiltInRole>> = {
  Owner: { id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', actions: ['*'], dataActions: [] },
  Contributor: {
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
    ],
    dataActions: [],
  },
  Reader: { id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', actions: ['*/read'], dataActions: [] },
  'User Access Administrator': {
    id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    actions: ['*/read', 'Microsoft.Authorization/*'],
    dataActions: [],
  },
  'Role Based Access Control Administrator': {
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
    ],
    dataActions: [],
  },
  'Azure Kubernetes Service Contributor Role': {
    id: 'ed7f3fbd-7b88-4dd4-9017-9adb7ce333f8',
    actions: [
      `${clusters}/read`,
      `${clusters}/write`,
      'Microsoft.ContainerService/locations/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
    ],
    dataActions: [],
  },
  'Azure Kubernetes Service Cluster User Role': {
    id: '4abbcc35-e782-43d8-92c5-2d3f1bd2253f',
    actions: [`${clusters}/listClusterUserCredential/action`, `${clusters}/read`],
    dataActions: [],
  },
  'Azure Kubernetes Service Cluster Admin Role': {
    id: '0ab0b1a8-8aac-4efd-b8c2-3ee1fb270be8',
    actions: [`${clusters}/listClusterAdminCredential/action`, `${clusters}/runcommand/action`, `${clusters}/read`],
    dataActions: [],
  },
  // The API server decides by the role's name what these allow inside the cluster.
  'Azure Kubernetes Service RBAC Cluster Admin': {
    id: 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
    actions: [`${clusters}/listClusterUserCredential/action`],
    dataActions: [],
  },
  'Azure Kubernetes Service RBAC Admin': {
    id: '3498e952-d568-435e-9b2c-8d77e338d7f7',
    actions: [`${clusters}/listClusterUserCredential/action`],
    dataActions: [],
  },
  'Azure Kubernetes Service RBAC Writer': {
    id: 'a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb',
    actions: [],
    dataActions: [],
  },
  'Azure Kubernetes Service RBAC Reader': {
    id: '7f6c6a51-bcf8-42ba-9220-52d62157d7db',
    actions: [],
    dataActions: [],
  },
  'Key Vault Contributor': {
    id: 'f25e0fa2-a7c8-4377-a976-54943a77a395',
    actions: ['Microsoft.KeyVault/*', 'Microsoft.Resources/subscriptions/resourceGroups/read'],
    notActions: ['Microsoft.KeyVault/locations/deletedVaults/purge/action'],
    dataActions: [],
  },
  'Key Vault Secrets Officer': {
    id: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    actions: ['Microsoft.KeyVault/vaults/read'],
    dataActions: [`${secrets}/*`],
  },
  'Key Vault Secrets User': {
    id: '4633458b-17de-408a-b874-0445c86b69e6',
    actions: [],
    dataActions: [`${secrets}/getSecret/action`, `${secrets}/readMetadata/action`],
  },
  'Key Vault Administrator': {
    id: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    actions: ['Microsoft.KeyVault/vaults/read'],
    dataActions: ['Microsoft.KeyVault/vaults/*'],
  },
};

export function roleNamed(name: string): BuiltInRole {
  const role = builtInRoles[name];
  if (role === undefined) throw new Error(`The emulator has no role "${name}".`);
  return role;
}

/** Whether a role permits an action of the control plane. */
export function permits({ actions, notActions = [] }: BuiltInRole, action: string): boolean {
  return actions.some((pattern) => covers(pattern, action)) && !notActions.some((pattern) => covers(pattern, action));
}

/** Whether a pattern such as `Microsoft.KeyVault/vaults/*` covers an action. Case-insensitive. */
export function covers(pattern: string, action: string): boolean {
  const escaped = pattern
    .toLowerCase()
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(action.toLowerCase());
}
