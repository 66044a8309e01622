import { type Cluster, type ClusterUpdate, planCluster } from '../../azure/cluster.ts';
import { type ClusterCreation, type ClusterState, locationOf, planCreation } from '../../azure/cluster-creation.ts';
import type { NewCluster } from '../../azure/new-cluster.ts';
import { planResourceGroup, type ResourceGroupChange } from '../../azure/resource-group.ts';
import { planVault, type VaultChange, type VaultState } from '../../azure/vault.ts';
import { planVaultRole, type VaultRoleChange } from '../../azure/vault-role.ts';
import type { Context } from '../../context/context.ts';

/** What Headlamp needs in Azure; each is created if it is missing and the inputs ask for it. */
export interface AzurePlan {
  readonly resourceGroup: readonly ResourceGroupChange[];
  readonly cluster: readonly (ClusterUpdate | ClusterCreation)[];
  readonly vault: readonly VaultChange[];
  readonly vaultRole: readonly VaultRoleChange[];
}

/** What the cluster's Entra integration lacks; nothing if it is somebody else's to change. */
export function planEntra(context: Pick<Context, 'inputs'>, cluster: Cluster): readonly ClusterUpdate[] {
  return context.inputs.manageCluster ? planCluster(wantedEntra(context), cluster) : [];
}

/** The clusters to be created, but for one whose creation is resumed: its nodes are counted already. */
export function creationsIn({ cluster }: Pick<AzurePlan, 'cluster'>): readonly NewCluster[] {
  return cluster.flatMap((change) => (change.action === 'create' && !change.resumes ? [change.cluster] : []));
}

function wantedEntra({ inputs }: Pick<Context, 'inputs'>) {
  return { adminGroupObjectIds: inputs.adminGroupObjectIds, azureRbac: inputs.enableAzureRbac };
}

/** @throws ActionError location-missing, kubernetes-version-not-offered */
export function planAzure(
  context: Pick<Context, 'inputs' | 'cluster' | 'vault'>,
  cluster: ClusterState,
  vault: VaultState,
): AzurePlan {
  if (cluster.kind === 'unread') return { resourceGroup: [], cluster: [], vault: [], vaultRole: [] };
  const { name, resourceGroup } = context.cluster;
  const entra = wantedEntra(context);
  const location = locationOf(cluster);
  return {
    resourceGroup:
      cluster.kind === 'absent' ? planResourceGroup(resourceGroup, location, cluster.site.resourceGroup) : [],
    cluster: cluster.kind === 'present' ? planEntra(context, cluster.cluster) : [planCreation(name, entra, cluster)],
    vault: planVault({ address: context.vault.address, location }, vault),
    vaultRole: planVaultRole(context.vault, vault),
  };
}
