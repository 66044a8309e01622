import type { Cluster } from '../../azure/cluster.ts';
import type { ClusterClient } from '../../azure/cluster-client.ts';
import { type ClusterState, clusterIn } from '../../azure/cluster-creation.ts';
import { READ_POOLS, WRITE_CLUSTER } from '../../azure/custom-roles.ts';
import { linkedResources } from '../../azure/linked-resources.ts';
import type { Permission } from '../../azure/permissions.ts';
import { type ResourceId, subscriptionOf } from '../../azure/resource-id.ts';
import { SECRET_DATA_ACTIONS } from '../../azure/vault-permissions.ts';
import type { Plan } from './plan.ts';
import { creationsIn } from './plan-azure.ts';

type AzureChanges = Pick<Plan, 'resourceGroup' | 'cluster' | 'vault' | 'vaultRole' | 'roleAssignments'>;

/** A permission that the deploying identity needs in Azure, with the kind of resource that it changes. */
export type RequiredPermission = Permission & {
  readonly of: 'the resource group' | 'the cluster' | 'the key vault' | 'role assignments';
};

/**
 * The permissions that the changes to Azure resources need. For a resource that does not exist yet, the scope is what it
 * will be created in: the resource group, or the subscription if the group does not exist either.
 */
export function requiredPermissions(
  plan: AzureChanges,
  client: ClusterClient,
  state: ClusterState,
): readonly RequiredPermission[] {
  const existing = clusterIn(state);
  const group = client.resourceGroupId;
  const site = plan.resourceGroup.length === 0 ? group : subscriptionOf(group);
  const isNew = creationsIn(plan).length > 0;
  const cluster = isNew ? site : client.id;
  return [
    ...plan.resourceGroup.map(() => creatingGroup(client.resourceGroup, site)),
    ...plan.cluster.map(({ action }) => changingCluster(client.name, action, cluster)),
    ...plan.cluster.flatMap(({ action }) => (action === 'update' ? [readingPools(client.name, cluster)] : [])),
    ...plan.cluster.flatMap(({ action }) => (existing ? using(client.name, action, existing) : [])),
    // A vault is recovered into its original resource group, whichever that is.
    ...plan.vault.filter(({ action }) => action === 'create').map(() => creatingVault(site)),
    ...(plan.vault.some(({ action }) => action === 'recover') ? [] : plan.vaultRole).map(({ scope }) =>
      assigningOwnRole(plan.vault.length > 0 ? site : scope),
    ),
    ...plan.roleAssignments.map(({ action }) => changingAccess(action, cluster)),
  ];
}

function creatingGroup(name: string, scope: ResourceId): RequiredPermission {
  const action = 'Microsoft.Resources/subscriptions/resourceGroups/write';
  return { of: 'the resource group', doing: `Creating resource group ${name}`, action, scope, role: 'Contributor' };
}

function changingCluster(name: string, change: 'create' | 'update', scope: ResourceId): RequiredPermission {
  const role = 'Azure Kubernetes Service Contributor Role';
  return { of: 'the cluster', doing: clusterChange(name, change), action: WRITE_CLUSTER, scope, role };
}

const clusterChange = (name: string, change: 'create' | 'update') =>
  `${change === 'create' ? 'Creating' : 'Updating'} cluster ${name}`;

/** An update sends the node pools back with the cluster. */
function readingPools(name: string, scope: ResourceId): RequiredPermission {
  const without = 'an update could undo a scaling of the node pools at the same moment';
  return { ...changingCluster(name, 'update', scope), action: READ_POOLS, without };
}

/** Azure checks at each change that the identity may use what the cluster uses. */
function using(name: string, change: 'create' | 'update', { model }: Cluster): readonly RequiredPermission[] {
  const doing = clusterChange(name, change);
  return linkedResources(model).map((link) => ({ of: 'the cluster', doing, ...link, role: '', linked: true }));
}

function creatingVault(scope: ResourceId): RequiredPermission {
  const action = 'Microsoft.KeyVault/vaults/write';
  return { of: 'the key vault', doing: 'Creating the key vault', action, scope, role: 'Key Vault Contributor' };
}

/** Not needed if the identity inherits the role from a higher scope. */
function assigningOwnRole(scope: ResourceId): RequiredPermission {
  const doing = 'Assigning itself a role on the key vault';
  return { ...assigning(doing, 'write', scope), unlessData: Object.values(SECRET_DATA_ACTIONS) };
}

export function changingAccess(change: 'create' | 'delete', scope: ResourceId): RequiredPermission {
  return assigning(
    'Changing the role assignments of access on the cluster',
    change === 'create' ? 'write' : 'delete',
    scope,
  );
}

function assigning(doing: string, verb: 'write' | 'delete', scope: ResourceId): RequiredPermission {
  const action = `Microsoft.Authorization/roleAssignments/${verb}`;
  return { of: 'role assignments', doing, action, scope, role: 'Role Based Access Control Administrator' };
}
