import { createOrUpdate, get } from '@azure/arm-containerservice/api/managedClusters';
import type { ManagedCluster } from '@azure/arm-containerservice/models';
import type { ChangeLine } from '../lib/change.ts';
import { type Duration, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import { isMissing } from './arm.ts';
import { type ArmRequest, CLUSTER_NAMES, toArmActionError } from './arm-error.ts';
import { armRefusalIn } from './arm-refusal.ts';
import type { ClusterClient } from './cluster-client.ts';
import { assertSupported } from './cluster-requirements.ts';
import { poolsChanged } from './node-pools.ts';
import { type ResourceId, resourceIdIn } from './resource-id.ts';

export interface Cluster {
  /** Azure resource ID. */
  readonly id: ResourceId;
  readonly name: string;
  readonly location: string;
  readonly kubernetesVersion: string;
  /** Undefined while Entra integration is off. */
  readonly entra: { readonly adminGroupObjectIds: readonly string[] } | undefined;
  readonly azureRbac: boolean;
  readonly localAccountsDisabled: boolean;
  /** The API server has no public address. */
  readonly isPrivate: boolean;
  readonly runCommandDisabled: boolean;
  /** The networks that the API server admits; empty if all. */
  readonly authorizedRanges: readonly string[];
  /** An operation such as an upgrade is in progress. */
  readonly busy: boolean;
  /** The complete model from Azure, which an update must send back. */
  readonly model: ManagedCluster;
}

/** The wanted Entra integration of a cluster. */
export interface EntraSettings {
  readonly adminGroupObjectIds: readonly string[];
  /** Azure RBAC for Kubernetes: only ever turned on. */
  readonly azureRbac: boolean;
}

export interface ClusterUpdate extends ChangeLine, EntraSettings {
  readonly resource: 'cluster';
  readonly action: 'update';
}

const SETTLED = new Set(['Succeeded', 'Failed', 'Canceled']);
const BUSY_POLL_MS = 5_000;
const UPDATE_POLL_MS = 3_000;

/**
 * Reads the cluster and refuses one that people cannot sign in to.
 * @throws ActionError cluster-not-found, cluster-stopped, cluster-without-kubernetes-rbac, cluster-legacy-entra,
 *   cluster-tenant-mismatch, arm-permission-missing
 */
export async function observeCluster(client: ClusterClient): Promise<Cluster> {
  return (await findCluster(client)) ?? notFound(client);
}

/** The same, but undefined if the cluster does not exist. */
export async function findCluster(client: ClusterClient): Promise<Cluster | undefined> {
  const model = await readModel(client);
  if (model === undefined) return undefined;
  assertSupported(client, model);
  const id = resourceIdIn(model.id);
  return {
    // As Azure writes it, if it is this one.
    id: id?.toLowerCase() === client.id.toLowerCase() ? id : client.id,
    name: client.name,
    location: model.location,
    kubernetesVersion: versionIn(model.currentKubernetesVersion ?? model.kubernetesVersion),
    entra: model.aadProfile?.managed ? { adminGroupObjectIds: model.aadProfile.adminGroupObjectIDs ?? [] } : undefined,
    azureRbac: model.aadProfile?.enableAzureRbac ?? false,
    localAccountsDisabled: model.disableLocalAccounts ?? false,
    isPrivate: model.apiServerAccessProfile?.enablePrivateCluster ?? false,
    runCommandDisabled: model.apiServerAccessProfile?.disableRunCommand ?? false,
    authorizedRanges: model.apiServerAccessProfile?.authorizedIPRanges ?? [],
    busy: !SETTLED.has(model.provisioningState ?? 'Succeeded'),
    model,
  };
}

const versionIn = (text = '') => (/^\d+\.\d+(\.\d+)?$/.test(text) ? text : '');

/** Turns on Entra integration and adds the admin groups; existing groups stay. */
export function planCluster(wanted: EntraSettings, cluster: Cluster): ClusterUpdate[] {
  const present = new Set(cluster.entra?.adminGroupObjectIds.map((id) => id.toLowerCase()));
  const added = wanted.adminGroupObjectIds.filter((id) => !present.has(id));
  const azureRbac = wanted.azureRbac && !cluster.azureRbac;
  if (cluster.entra && added.length === 0 && !azureRbac) return [];
  const groups = added.length === 0 ? '' : `admin group${added.length > 1 ? 's' : ''} ${added.join(', ')}`;
  const steps = [
    cluster.entra ? groups && `add ${groups}` : `turn on Entra integration${groups && ` with ${groups}`}`,
    azureRbac ? 'turn on Azure RBAC for Kubernetes' : '',
  ];
  const detail = steps.filter((step) => step !== '').join('; ');
  return [{ resource: 'cluster', action: 'update', detail, adminGroupObjectIds: added, azureRbac }];
}

/**
 * Sends the complete model back with the groups added, as AKS resets what an update omits. Waits while another
 * operation runs, and starts again from a fresh model if somebody else changed the cluster in between (If-Match).
 * @throws ActionError cluster-busy, cluster-update-failed, those of observeCluster and of toArmActionError
 */
export async function applyCluster(
  client: ClusterClient,
  change: ClusterUpdate,
  timeout: Duration,
  log: Log,
): Promise<void> {
  const deadline = performance.now() + milliseconds(timeout);
  const left = () => Math.max(0, deadline - performance.now());
  const done = await withProgress(
    log,
    `Updating cluster ${client.name}`,
    () => pollUntil(() => tryUpdate(client, change, left), { timeoutMs: left(), intervalMs: BUSY_POLL_MS }),
    client.operation,
  );
  if (done !== TIMED_OUT) return;
  throw new ActionError({
    id: 'cluster-busy',
    what: `Cluster ${client.name} was not updated within ${timeout.seconds} seconds`,
    why: 'AKS was still busy with the update, or with an operation that somebody else had started: it runs one at a time',
    fix: fix`wait for it (az aks wait --resource-group ${client.resourceGroup} --name ${client.name} --updated) and run the job again, or raise wait-timeout.`,
  });
}

/** One attempt; AGAIN until the cluster is as wanted. */
async function tryUpdate(
  client: ClusterClient,
  change: ClusterUpdate,
  left: () => number,
): Promise<'updated' | typeof AGAIN> {
  const cluster = await observeCluster(client);
  if (cluster.busy) return AGAIN;
  if (planCluster(change, cluster).length === 0) return 'updated';
  try {
    if (await poolsChanged(client, cluster.model)) return AGAIN;
    await putModel(client, withEntra(client, cluster, change), left);
    return 'updated';
  } catch (error) {
    const { meaning, status } = armRefusalIn(error);
    // The cluster was there a moment ago: Azure may not know the operation yet that it has just begun.
    if (meaning === 'busy' || meaning === 'changed' || status === 404 || left() === 0) return AGAIN;
    throw toUpdateActionError(error, client);
  }
}

/**
 * Sends the model and waits until AKS has applied it.
 * @param left the remaining time in milliseconds
 */
export async function putModel(client: ClusterClient, model: ManagedCluster, left: () => number): Promise<void> {
  const poller = createOrUpdate(client.context, client.resourceGroup, client.name, model, {
    updateIntervalInMs: UPDATE_POLL_MS,
    ...(model.eTag === undefined ? {} : { ifMatch: model.eTag }),
    // Somebody else may have created a cluster of this name since it was looked for: their settings would be lost.
    ...(model.id === undefined ? { ifNoneMatch: '*' } : {}),
  });
  await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(Math.ceil(left()) + 1) });
}

/** The cluster's model with these groups added, and with Azure RBAC on if wanted. */
export function withEntra(client: ClusterClient, cluster: Cluster, wanted: EntraSettings): ManagedCluster {
  const present = cluster.entra?.adminGroupObjectIds ?? [];
  const missing = wanted.adminGroupObjectIds.filter((id) => !present.some((other) => other.toLowerCase() === id));
  return {
    ...cluster.model,
    aadProfile: {
      ...(cluster.model.aadProfile ?? { tenantID: client.tenantId }),
      managed: true,
      adminGroupObjectIDs: [...present, ...missing],
      ...(wanted.azureRbac ? { enableAzureRbac: true } : {}),
    },
  };
}

async function readModel(client: ClusterClient): Promise<ManagedCluster | undefined> {
  try {
    return await get(client.context, client.resourceGroup, client.name);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw toArmActionError(error, { ...reading(client), names: CLUSTER_NAMES });
  }
}

function notFound({ name, resourceGroup, subscriptionId }: ClusterClient): never {
  throw new ActionError({
    id: 'cluster-not-found',
    what: `There is no AKS cluster ${name} in resource group ${resourceGroup} of subscription ${subscriptionId}`,
    why: 'Azure Resource Manager answered 404',
    fix: fix`check the names (az aks list --subscription ${subscriptionId} --query "[].{name:name,resourceGroup:resourceGroup}" --output table), or set create-cluster to true.`,
  });
}

function toUpdateActionError(error: unknown, client: ClusterClient): ActionError {
  return toArmActionError(error, {
    ...reading(client),
    doing: `Updating cluster ${client.name}`,
    role: 'Azure Kubernetes Service Contributor Role',
    id: 'cluster-update-failed',
    fix: fix`correct what AKS reports, and run the job again. Its state: az aks show --resource-group ${client.resourceGroup} --name ${client.name} --query "{state:provisioningState,power:powerState.code}"`,
  });
}

function reading(client: ClusterClient): ArmRequest {
  return {
    doing: `Reading cluster ${client.name}`,
    clientId: client.clientId,
    scope: client.id,
    role: 'Azure Kubernetes Service Cluster User Role',
  };
}
