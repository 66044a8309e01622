import { listKubernetesVersions } from '@azure/arm-containerservice/api/managedClusters';
import type { ChangeLine } from '../lib/change.ts';
import { type Duration, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import { counted } from '../lib/text.ts';
import { type Arm, retryOnRegionLag } from './arm.ts';
import { toArmActionError } from './arm-error.ts';
import { armRefusalIn } from './arm-refusal.ts';
import {
  applyCluster,
  type Cluster,
  type EntraSettings,
  findCluster,
  observeCluster,
  planCluster,
  putModel,
  withEntra,
} from './cluster.ts';
import type { ClusterClient } from './cluster-client.ts';
import { toCreationActionError, versionNotOffered } from './cluster-creation-error.ts';
import { type ClusterSpec, type NewCluster, newModel } from './new-cluster.ts';
import { observeResourceGroup, type ResourceGroup } from './resource-group.ts';

export type ClusterState =
  | { readonly kind: 'present'; readonly cluster: Cluster }
  | { readonly kind: 'absent'; readonly wanted: ClusterSpec; readonly site: ClusterSite }
  /** Its creation is in progress or failed halfway, so there is nothing in it yet. */
  | { readonly kind: 'unfinished'; readonly wanted: ClusterSpec; readonly cluster: Cluster }
  /** This run has nothing to do with it. */
  | { readonly kind: 'unread' };

/** Where a cluster is to be created. */
export interface ClusterSite {
  readonly resourceGroup: ResourceGroup | undefined;
  /** Undefined if the identity may not read them, or if the region is unknown. */
  readonly offeredVersions: readonly string[] | undefined;
}

export interface ClusterCreation extends ChangeLine {
  readonly resource: 'cluster';
  readonly action: 'create';
  readonly cluster: NewCluster;
  /** Completes an unfinished cluster. */
  readonly resumes: boolean;
}

/** The cluster, if there is one and it was read. */
export function clusterIn(state: ClusterState): Cluster | undefined {
  return state.kind === 'present' || state.kind === 'unfinished' ? state.cluster : undefined;
}

const POLL_MS = 5_000;

/**
 * @param wanted the cluster to create if there is none; undefined if it must exist
 * @throws ActionError cluster-not-found, provider-not-registered, location-not-available and those of observeCluster
 */
export async function observeClusterState(
  client: ClusterClient,
  arm: Arm,
  wanted: ClusterSpec | undefined,
): Promise<ClusterState> {
  if (!wanted) return { kind: 'present', cluster: await observeCluster(client) };
  const cluster = await findCluster(client);
  if (!cluster) return { kind: 'absent', wanted, site: await observeSite(client, arm, wanted) };
  return isUnfinished(cluster) ? { kind: 'unfinished', wanted, cluster } : { kind: 'present', cluster };
}

async function observeSite(client: ClusterClient, arm: Arm, wanted: ClusterSpec): Promise<ClusterSite> {
  const resourceGroup = await observeResourceGroup(arm, client.resourceGroupId);
  const location = wanted.location ?? resourceGroup?.location;
  return { resourceGroup, offeredVersions: location === undefined ? undefined : await offeredIn(client, location) };
}

/**
 * After a failed creation, no node pool has ever come up. A failed upgrade may leave all pools failed, too, but
 * resuming that is up to the cluster's owner.
 */
function isUnfinished({ model }: Cluster): boolean {
  const { provisioningState, agentPoolProfiles: pools = [] } = model;
  if (provisioningState === 'Creating') return true;
  if (provisioningState !== 'Failed' && provisioningState !== 'Canceled') return false;
  const upgrades =
    differs(model.kubernetesVersion, model.currentKubernetesVersion) ||
    pools.some((pool) => differs(pool.orchestratorVersion, pool.currentOrchestratorVersion));
  return !upgrades && pools.every((pool) => pool.provisioningState !== 'Succeeded');
}

/** The wanted version may omit the patch. */
function differs(wanted: string | undefined, current: string | undefined): boolean {
  return wanted !== undefined && current !== undefined && !`${current}.`.startsWith(`${wanted}.`);
}

/** @throws ActionError location-missing, kubernetes-version-not-offered */
export function planCreation(
  name: string,
  entra: EntraSettings,
  state: Exclude<ClusterState, { kind: 'present' | 'unread' }>,
): ClusterCreation {
  const { wanted } = state;
  const location = locationOf(state);
  const resumes = state.kind === 'unfinished';
  const cluster = { ...wanted, ...entra, location };
  const creation = { resource: 'cluster', action: 'create', cluster, resumes } as const;
  if (state.kind === 'unfinished') {
    const why = state.cluster.busy ? 'is in progress' : 'failed halfway';
    return { ...creation, detail: `${name}: resume a creation that ${why}` };
  }
  const { kubernetesVersion, nodeCount, nodeVmSize } = wanted;
  const { offeredVersions } = state.site;
  if (kubernetesVersion !== undefined && offeredVersions?.includes(kubernetesVersion) === false)
    throw versionNotOffered(kubernetesVersion, location, offeredVersions);
  const version = kubernetesVersion === undefined ? '' : `Kubernetes ${kubernetesVersion}, `;
  const nodes = `${counted(nodeCount, 'node')} ${nodeVmSize}`;
  return { ...creation, detail: `${name} in ${location}, ${version}${nodes}` };
}

/**
 * The region that the cluster is in, or will be in.
 * @throws ActionError location-missing
 */
export function locationOf(state: Exclude<ClusterState, { kind: 'unread' }>): string {
  if (state.kind !== 'absent') return state.cluster.location;
  const location = state.wanted.location ?? state.site.resourceGroup?.location;
  if (location !== undefined) return location;
  throw new ActionError({
    id: 'location-missing',
    what: 'No region given for the new cluster',
    why: 'location is empty, and the resource group that would give its region does not exist yet',
    fix: fix`set location, such as westeurope; to list the regions: az account list-locations --query "[].name"`,
  });
}

/**
 * Creates the cluster and waits until it runs. It also waits for a creation that is already in progress and resumes one
 * that failed halfway, so the next run completes what an interrupted one started.
 * @throws ActionError cluster-create-failed, kubernetes-version-not-offered, cluster-busy and those of toArmActionError
 */
export async function applyCreation(
  client: ClusterClient,
  { cluster: wanted }: ClusterCreation,
  timeout: Duration,
  log: Log,
): Promise<Cluster> {
  const deadline = performance.now() + milliseconds(timeout);
  const left = () => Math.max(0, deadline - performance.now());
  const made = await withProgress(
    log,
    `Creating cluster ${client.name}`,
    () => pollUntil(() => tryCreate(client, wanted, left), { timeoutMs: left(), intervalMs: POLL_MS }),
    client.operation,
  );
  if (made === TIMED_OUT) throw timedOut(client, timeout);
  // If somebody else started it, it may not have the settings wanted here.
  const [update] = planCluster(wanted, made);
  if (update) await applyCluster(client, update, { seconds: left() / 1000 }, log);
  return update ? ((await findCluster(client)) ?? made) : made;
}

async function tryCreate(
  client: ClusterClient,
  wanted: NewCluster,
  left: () => number,
): Promise<Cluster | typeof AGAIN> {
  const cluster = await findCluster(client);
  if (cluster?.busy) return AGAIN;
  if (cluster && !isUnfinished(cluster)) return cluster;
  try {
    // An existing cluster may have more than is wanted here, so its pools stay as they are.
    const model = cluster ? withEntra(client, cluster, wanted) : newModel(client, wanted);
    await retryOnRegionLag(() => putModel(client, model, left));
    return (await findCluster(client)) ?? AGAIN;
  } catch (error) {
    const { meaning } = armRefusalIn(error);
    // Changed: it exists by now, created by somebody else or by an attempt whose response was lost.
    if (meaning === 'busy' || meaning === 'changed' || left() === 0) return AGAIN;
    throw toCreationActionError(error, client, wanted);
  }
}

/** Minor versions, which stand for their newest patch, and all patch versions. */
async function offeredIn(client: ClusterClient, location: string): Promise<readonly string[] | undefined> {
  try {
    const { values = [] } = await listKubernetesVersions(client.context, location);
    return values.flatMap(({ version = '', patchVersions = {} }) => [version, ...Object.keys(patchVersions)]);
  } catch (error) {
    if (armRefusalIn(error).meaning === 'permission') return undefined;
    const scope = `/subscriptions/${client.subscriptionId}`;
    const doing = `Reading the Kubernetes versions of ${location}`;
    throw toArmActionError(error, { doing, clientId: client.clientId, scope, role: 'Reader' });
  }
}

function timedOut({ name }: ClusterClient, timeout: Duration): ActionError {
  return new ActionError({
    id: 'cluster-busy',
    what: `Cluster ${name} was not created within ${timeout.seconds} seconds`,
    why: 'AKS is still creating it; that usually takes 5 to 10 minutes',
    fix: fix`run the job again; it waits for the cluster. Or raise wait-timeout.`,
  });
}
