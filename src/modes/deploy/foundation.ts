import {
  applyCluster,
  type Cluster,
  type ClusterUpdate,
  observeCluster,
  planCluster,
  resourceGroupId,
} from '../../azure/cluster.ts';
import {
  applyCreation,
  type ClusterCreation,
  type ClusterState,
  locationOf,
  planCreation,
} from '../../azure/cluster-creation.ts';
import { applyResourceGroup, planResourceGroup, type ResourceGroupChange } from '../../azure/resource-group.ts';
import { applyVault, planVault, type VaultChange, type VaultState, vaultAddress } from '../../azure/vault.ts';
import { applyVaultRole, planVaultRole, type VaultRoleChange } from '../../azure/vault-role.ts';
import { type Entered, inCluster } from '../../connection/connect.ts';
import type { Clients } from '../../context/clients.ts';
import { deployingPrincipal } from '../../identity/principal.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { observeNamespace } from '../../kubernetes/namespace.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError } from '../../lib/errors.ts';
import { pollUntil, withProgress } from '../../lib/polling.ts';

/** A new API server answers under its name only minutes after its cluster is there. */
const FIRST_ANSWER = { timeoutMs: 300_000, intervalMs: 3_000 };

/** What Headlamp stands on in Azure, each made where it is missing and was asked for. */
export interface FoundationPlan {
  readonly resourceGroup: readonly ResourceGroupChange[];
  readonly cluster: readonly (ClusterUpdate | ClusterCreation)[];
  readonly vault: readonly VaultChange[];
  readonly vaultRole: readonly VaultRoleChange[];
}

/** @throws ActionError location-missing, kubernetes-version-not-offered */
export function planFoundation(inputs: Inputs, state: ClusterState, vault: VaultState): FoundationPlan {
  const { resourceGroup, clusterName, adminGroupObjectIds, enableAzureRbac: azureRbac } = inputs;
  const entra = { adminGroupObjectIds, azureRbac };
  const location = locationOf(state);
  return {
    resourceGroup: state.kind === 'absent' ? planResourceGroup(resourceGroup, location, state.site.resourceGroup) : [],
    cluster: state.kind === 'present' ? planCluster(entra, state.cluster) : [planCreation(clusterName, entra, state)],
    vault: planVault(vault, vaultAddress(inputs), location),
    vaultRole: planVaultRole(vault, vaultAddress(inputs)),
  };
}

export async function convergeResourceGroup({ arm, cluster }: Clients, plan: FoundationPlan): Promise<void> {
  for (const change of plan.resourceGroup) await applyResourceGroup(arm, resourceGroupId(cluster), change);
}

/** Ends when the vault can be worked with. */
export async function convergeVault(clients: Clients, inputs: Inputs, plan: FoundationPlan): Promise<void> {
  const { arm, door, cloud, vault, log } = clients;
  const timeoutMs = milliseconds(inputs.waitTimeout);
  for (const change of plan.vault) {
    log.info(`Key vault: ${change.action} ${change.detail}`);
    await applyVault(arm, vaultAddress(inputs), change, timeoutMs);
  }
  for (const change of plan.vaultRole) {
    await applyVaultRole(arm, vault, change, await deployingPrincipal(door.credential, cloud), timeoutMs, log);
    log.info(`Vault ${vault.vaultName} lets the deploying identity work with its secrets`);
  }
}

/**
 * Changes the cluster, or makes it. It may let people in by other means after that, so the way in is found anew.
 * @param entered undefined where there is no cluster yet
 */
export async function enterCluster(
  clients: Clients,
  inputs: Inputs,
  plan: FoundationPlan,
  entered: Entered | undefined,
): Promise<Entered> {
  if (entered && plan.cluster.length === 0) return entered;
  const cluster = await convergeCluster(clients, inputs, plan);
  const enter = () =>
    inCluster(clients.door, cluster, async (kubernetes) => {
      await observeNamespace(kubernetes, inputs.namespace);
      return { cluster, kubernetes };
    });
  if (entered) return enter();
  const first = await withProgress(clients.log, `Waiting for the API server of cluster ${cluster.name}`, () =>
    pollUntil(() => enter().catch(whileUnreachable), FIRST_ANSWER),
  );
  return first ?? enter();
}

function whileUnreachable(error: unknown): undefined {
  if (!(error instanceof ActionError) || error.failure.id !== 'cluster-unreachable') throw error;
}

/** @returns the cluster as it then is */
async function convergeCluster(
  { cluster: client, log }: Clients,
  { waitTimeout }: Inputs,
  { cluster: [change] }: FoundationPlan,
): Promise<Cluster> {
  if (!change) return observeCluster(client);
  log.info(`Cluster ${client.name}: ${change.action} ${change.detail}`);
  if (change.action === 'create') {
    const created = await applyCreation(client, change, waitTimeout, log);
    log.info(`Cluster ${client.name} is there, with Kubernetes ${created.kubernetesVersion}`);
    return created;
  }
  await applyCluster(client, change, waitTimeout, log);
  return observeCluster(client);
}
