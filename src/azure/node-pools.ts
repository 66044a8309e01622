import { list } from '@azure/arm-containerservice/api/agentPools';
import type { ManagedCluster } from '@azure/arm-containerservice/models';
import { describeRestError } from '../http/transport.ts';
import type { ClusterClient } from './cluster-client.ts';

/**
 * Whether a node pool has changed since the cluster was read. An update sends the pools back with the cluster, and the
 * cluster's etag does not move with theirs, so it would undo a scaling in between. Between this answer and the update
 * there is a moment left that Azure gives no way to guard.
 */
export async function poolsChanged(
  client: ClusterClient,
  { agentPoolProfiles = [] }: ManagedCluster,
): Promise<boolean> {
  const seen = new Map(agentPoolProfiles.map(({ name, count, eTag }) => [name, { count, eTag }]));
  try {
    for await (const { name, count, eTag } of list(client.context, client.resourceGroup, client.name)) {
      const before = seen.get(name ?? '');
      if (!before || before.count !== count || (before.eTag ?? eTag) !== eTag) return true;
    }
    return false;
  } catch (error) {
    // An identity that may update the cluster need not be allowed to read its pools.
    if (describeRestError(error)?.status === 403) return false;
    throw error;
  }
}
