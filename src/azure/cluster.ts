import { type ContainerServiceContext, createContainerService } from '@azure/arm-containerservice/api';
import { createOrUpdate, get } from '@azure/arm-containerservice/api/managedClusters';
import type { ManagedCluster } from '@azure/arm-containerservice/models';
import type { TokenCredential } from '@azure/core-auth';
import type { ChangeLine } from '../change.ts';
import { ActionError } from '../errors.ts';
import { describeRestError, type Transport } from '../http/transport.ts';
import { type Duration, milliseconds } from '../inputs/duration.ts';
import type { Log } from '../log.ts';
import { waitFor, withProgress } from '../waiting.ts';
import { type ArmRequest, explainArmError } from './arm-error.ts';
import type { Cloud } from './cloud.ts';

/** The AKS cluster of this run and the client to reach it with. */
export interface ClusterClient {
  readonly context: ContainerServiceContext;
  readonly cloud: Cloud;
  readonly clientId: string;
  readonly tenantId: string;
  readonly resourceGroup: string;
  readonly name: string;
}

export interface Cluster {
  /** Azure resource id. */
  readonly id: string;
  readonly name: string;
  readonly kubernetesVersion: string;
  /** Undefined while Entra integration is off. */
  readonly entra: { readonly adminGroupObjectIds: readonly string[] } | undefined;
  readonly azureRbac: boolean;
  readonly localAccountsDisabled: boolean;
  /** The API server has no public address. */
  readonly isPrivate: boolean;
  /** An operation such as an upgrade is under way. */
  readonly busy: boolean;
  /** The model as Azure gave it, which an update has to send back whole. */
  readonly model: ManagedCluster;
}

export interface ClusterChange extends ChangeLine {
  readonly resource: 'cluster';
  readonly addGroups: readonly string[];
}

const SETTLED = new Set(['Succeeded', 'Failed', 'Canceled']);
const BUSY_POLL_MS = 5_000;
const UPDATE_POLL_MS = 3_000;

export function createClusterClient(
  identity: { clientId: string; tenantId: string; subscriptionId: string },
  cluster: { resourceGroup: string; clusterName: string },
  credential: TokenCredential,
  cloud: Cloud,
  transport: Transport,
): ClusterClient {
  const context = createContainerService(credential, identity.subscriptionId, {
    endpoint: cloud.resourceManager,
    credentials: { scopes: [cloud.scope('resourceManager')] },
    ...transport.clientOptions,
  });
  const { clientId, tenantId } = identity;
  return { context, cloud, clientId, tenantId, resourceGroup: cluster.resourceGroup, name: cluster.clusterName };
}

export function clusterResourceId(client: ClusterClient): string {
  const { context, resourceGroup, name } = client;
  return `/subscriptions/${context.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/**
 * Reads the cluster and refuses one that people can never sign in to.
 * @throws ActionError cluster-not-found, cluster-stopped, cluster-without-kubernetes-rbac, cluster-legacy-entra,
 *   cluster-tenant-mismatch, arm-permission-missing
 */
export async function observeCluster(client: ClusterClient): Promise<Cluster> {
  const model = await readModel(client);
  refuseUnusable(client, model);
  return {
    id: model.id ?? clusterResourceId(client),
    name: client.name,
    kubernetesVersion: model.currentKubernetesVersion ?? model.kubernetesVersion ?? '',
    entra: model.aadProfile?.managed ? { adminGroupObjectIds: model.aadProfile.adminGroupObjectIDs ?? [] } : undefined,
    azureRbac: model.aadProfile?.enableAzureRbac ?? false,
    localAccountsDisabled: model.disableLocalAccounts ?? false,
    isPrivate: model.apiServerAccessProfile?.enablePrivateCluster ?? false,
    busy: !SETTLED.has(model.provisioningState ?? 'Succeeded'),
    model,
  };
}

/** Entra integration on, and the given groups among the administrators; those already there stay. */
export function planCluster(wantedGroups: readonly string[], cluster: Cluster): ClusterChange[] {
  const present = new Set(cluster.entra?.adminGroupObjectIds.map((id) => id.toLowerCase()));
  const addGroups = wantedGroups.filter((id) => !present.has(id));
  if (cluster.entra && addGroups.length === 0) return [];
  const groups = addGroups.length === 0 ? '' : `admin group${addGroups.length > 1 ? 's' : ''} ${addGroups.join(', ')}`;
  const detail = cluster.entra ? `add ${groups}` : `turn on Entra integration${groups && ` with ${groups}`}`;
  return [{ resource: 'cluster', action: 'update', detail, addGroups }];
}

/**
 * Sends the whole model back with the groups added, as AKS resets what an update leaves out. Waits while another
 * operation runs, and starts over from a fresh model when somebody else changed the cluster in between (If-Match).
 */
export async function applyCluster(
  client: ClusterClient,
  change: ClusterChange,
  timeout: Duration,
  log: Log,
): Promise<void> {
  const deadline = performance.now() + milliseconds(timeout);
  const left = () => Math.max(0, deadline - performance.now());
  const done = await withProgress(log, `Updating cluster ${client.name}`, () =>
    waitFor(() => tryUpdate(client, change, left), { timeoutMs: left(), intervalMs: BUSY_POLL_MS }),
  );
  if (done) return;
  throw new ActionError({
    id: 'cluster-busy',
    what: `Cluster ${client.name} did not finish its operation within ${timeout.seconds} seconds`,
    why: 'AKS runs one operation on a cluster at a time',
    fix: `wait for it (az aks wait --resource-group ${client.resourceGroup} --name ${client.name} --updated) and run the job again, or raise wait-timeout.`,
  });
}

/** True when the cluster is as wanted, undefined when it has to be tried again. */
async function tryUpdate(client: ClusterClient, change: ClusterChange, left: () => number): Promise<true | undefined> {
  const cluster = await observeCluster(client);
  if (cluster.busy) return undefined;
  if (planCluster(change.addGroups, cluster).length === 0) return true;
  const poller = createOrUpdate(
    client.context,
    client.resourceGroup,
    client.name,
    withGroups(client, cluster, change),
    {
      updateIntervalInMs: UPDATE_POLL_MS,
      ...(cluster.model.eTag === undefined ? {} : { ifMatch: cluster.model.eTag }),
    },
  );
  try {
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(Math.ceil(left()) + 1) });
    return true;
  } catch (error) {
    const status = describeRestError(error)?.status;
    if (status === 409 || status === 412 || left() === 0) return undefined;
    throw explainUpdate(error, client);
  }
}

function withGroups(client: ClusterClient, cluster: Cluster, change: ClusterChange): ManagedCluster {
  return {
    ...cluster.model,
    aadProfile: {
      ...(cluster.model.aadProfile ?? { tenantID: client.tenantId }),
      managed: true,
      adminGroupObjectIDs: [...(cluster.entra?.adminGroupObjectIds ?? []), ...change.addGroups],
    },
  };
}

async function readModel(client: ClusterClient): Promise<ManagedCluster> {
  try {
    return await get(client.context, client.resourceGroup, client.name);
  } catch (error) {
    if (describeRestError(error)?.status !== 404) throw explainArmError(error, reading(client));
    throw new ActionError(
      {
        id: 'cluster-not-found',
        what: `There is no AKS cluster ${client.name} in resource group ${client.resourceGroup} of subscription ${client.context.subscriptionId}`,
        why: 'Azure Resource Manager answered 404',
        fix: `check the names: az aks list --subscription ${client.context.subscriptionId} --query "[].{name:name,resourceGroup:resourceGroup}" --output table`,
      },
      { cause: error },
    );
  }
}

function refuseUnusable(client: ClusterClient, model: ManagedCluster): void {
  const target = `--resource-group ${client.resourceGroup} --name ${client.name}`;
  if (model.powerState?.code === 'Stopped') {
    throw new ActionError({
      id: 'cluster-stopped',
      what: `Cluster ${client.name} is stopped`,
      why: 'A stopped cluster has no API server to deploy to',
      fix: `az aks start ${target}`,
    });
  }
  if (model.enableRbac === false) {
    throw new ActionError({
      id: 'cluster-without-kubernetes-rbac',
      what: `Cluster ${client.name} was created without Kubernetes RBAC`,
      why: 'Entra integration needs it, and AKS cannot turn it on later',
      fix: 'deploy to a cluster that was created with Kubernetes RBAC, the default of az aks create.',
    });
  }
  const entra = model.aadProfile;
  if (entra && !entra.managed && (entra.clientAppID || entra.serverAppID)) {
    throw new ActionError({
      id: 'cluster-legacy-entra',
      what: `Cluster ${client.name} has the legacy Azure AD integration`,
      why: 'Its API server trusts tokens for an application of its own, not for the AKS server application; moving it changes how everybody signs in, so this action does not do it unasked',
      fix: `az aks update ${target} --enable-aad --aad-admin-group-object-ids GROUP_OBJECT_ID`,
    });
  }
  if (entra?.managed && entra.tenantID && entra.tenantID.toLowerCase() !== client.tenantId) {
    throw new ActionError({
      id: 'cluster-tenant-mismatch',
      what: `Cluster ${client.name} accepts people of tenant ${entra.tenantID} only`,
      why: `The app registration would be in tenant ${client.tenantId}, whose tokens the API server refuses`,
      fix: `set tenant-id to ${entra.tenantID} and client-id to an application there.`,
    });
  }
}

function explainUpdate(error: unknown, client: ClusterClient): ActionError {
  const explained = explainArmError(error, {
    ...reading(client),
    doing: `Updating cluster ${client.name}`,
    role: 'Azure Kubernetes Service Contributor Role',
  });
  if (explained.failure.id !== 'request-failed') return explained;
  return new ActionError(
    {
      id: 'cluster-update-failed',
      what: `AKS refused to update cluster ${client.name}`,
      why: explained.failure.why,
      fix: `see az aks show --resource-group ${client.resourceGroup} --name ${client.name} --query "{state:provisioningState,power:powerState.code}", mend what Azure names and run the job again.`,
    },
    { cause: error },
  );
}

function reading(client: ClusterClient): ArmRequest {
  return {
    doing: `Reading cluster ${client.name}`,
    clientId: client.clientId,
    scope: clusterResourceId(client),
    role: 'Azure Kubernetes Service Cluster User Role',
  };
}
