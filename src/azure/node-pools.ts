import type { ManagedCluster } from '@azure/arm-containerservice/models';
import { isRecord, listAt, numberAt, stringAt } from '../lib/json.ts';
import { AKS_API_VERSION, type ClusterClient } from './cluster-client.ts';

/**
 * Whether a node pool has changed since the cluster was read. An update sends the pools back with the cluster, and the
 * cluster's etag does not change with them, so an update could undo a scaling. Azure has no way to guard the moment
 * between this answer and the update.
 */
export async function poolsChanged(
  client: ClusterClient,
  { agentPoolProfiles = [] }: ManagedCluster,
): Promise<boolean> {
  const seen = new Map(agentPoolProfiles.map(({ name, count, eTag }) => [name, { count, eTag }]));
  const { body, status } = await client.context
    .pathUnchecked(`${client.id}/agentPools?api-version=${AKS_API_VERSION}`)
    .get();
  // An identity that may update the cluster need not be allowed to read its pools; the update finds out anything else.
  if (status !== '200') return false;
  return listAt(body, 'value')
    .filter(isRecord)
    .some((pool) => {
      const before = seen.get(stringAt(pool, 'name') ?? '');
      const eTag = stringAt(pool, 'properties', 'eTag');
      if (!before || before.count !== numberAt(pool, 'properties', 'count')) return true;
      return before.eTag !== undefined && eTag !== undefined && before.eTag !== eTag;
    });
}
