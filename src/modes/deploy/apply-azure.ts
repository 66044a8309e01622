import { applyCluster, type Cluster, observeCluster } from '../../azure/cluster.ts';
import { applyCreation } from '../../azure/cluster-creation.ts';
import { applyResourceGroup } from '../../azure/resource-group.ts';
import { applyVault } from '../../azure/vault.ts';
import { applyVaultRole } from '../../azure/vault-role.ts';
import { type Connection, connect } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import { deployingPrincipal } from '../../identity/principal.ts';
import { observeNamespace } from '../../kubernetes/namespace.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError } from '../../lib/errors.ts';
import { AGAIN, pollUntil, repeatWhile, TIMED_OUT, withProgress } from '../../lib/polling.ts';
import { WAITS } from '../../lib/waits.ts';
import type { AzurePlan } from './plan-azure.ts';

/** The name of a new API server resolves only minutes after its cluster was created. */
const FIRST_ANSWER = { timeoutMs: 300_000, intervalMs: 3_000 };

export async function convergeResourceGroup({ arm, cluster }: Context, plan: AzurePlan): Promise<void> {
  for (const change of plan.resourceGroup) await applyResourceGroup(arm, cluster.resourceGroupId, change);
}

/** Resolves once the vault is usable. */
export async function convergeVault(context: Context, plan: AzurePlan): Promise<void> {
  const { arm, credential, cloud, vault, log, inputs } = context;
  const timeoutMs = milliseconds(inputs.waitTimeout);
  for (const change of plan.vault) {
    log.info(`Key vault: ${change.action} ${change.detail}`);
    await applyVault(arm, vault.address, change, timeoutMs);
  }
  for (const change of plan.vaultRole) {
    await applyVaultRole(context, change, await deployingPrincipal(credential, cloud), timeoutMs);
    log.info(`Vault ${vault.vaultName}: the deploying identity can use its secrets`);
  }
}

/**
 * Creates or updates the cluster. An update can change how the API server authorizes this run, so it connects again.
 * @param observed undefined while there is no cluster
 */
export async function convergeClusterAndConnect(
  context: Context,
  plan: AzurePlan,
  observed: Connection | undefined,
): Promise<Connection> {
  if (observed && plan.cluster.length === 0) return observed;
  const cluster = await convergeCluster(context, plan);
  // With the tenant's first cluster with Entra integration, AKS adds its server application, which Entra then replicates.
  const connectAgain = () =>
    repeatWhile(
      (error) => error instanceof ActionError && error.failure.id === 'aks-server-application-missing',
      () =>
        connect(context, cluster, async (connection) => {
          await observeNamespace(connection.kubernetes, context.release.namespace);
          return connection;
        }),
      WAITS.replication,
    );
  if (observed) return connectAgain();
  const title = `Waiting for the API server of cluster ${cluster.name}`;
  const first = await withProgress(context.log, title, () =>
    pollUntil(() => connectAgain().catch(againIfUnreachable), FIRST_ANSWER),
  );
  return first === TIMED_OUT ? connectAgain() : first;
}

function againIfUnreachable(error: unknown): typeof AGAIN {
  if (error instanceof ActionError && error.failure.id === 'cluster-unreachable') return AGAIN;
  throw error;
}

/** @returns the cluster after the change */
export async function convergeCluster({ cluster: client, inputs, log }: Context, plan: AzurePlan): Promise<Cluster> {
  const [change] = plan.cluster;
  if (!change) return observeCluster(client);
  log.info(`Cluster ${client.name}: ${change.action} ${change.detail}`);
  if (change.action === 'create') {
    const created = await applyCreation(client, change, inputs.waitTimeout, log);
    log.info(`Cluster ${client.name} is created, with Kubernetes ${created.kubernetesVersion}`);
    return created;
  }
  await applyCluster(client, change, inputs.waitTimeout, log);
  return observeCluster(client);
}
