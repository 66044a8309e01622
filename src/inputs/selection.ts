import type { ClusterName } from '../azure/cluster-client.ts';
import { type ClusterList, collisions, type Target, type TargetReader, type Told, together } from './clusters.ts';
import type { Entry } from './entries.ts';
import { invalid, type Parsed, valid } from './parsed.ts';

/** The clusters that a selector found, without those that the list excludes. */
export interface Selected {
  readonly clusters: readonly Target[];
  /** Entries that match none of the clusters found. */
  readonly unused: readonly string[];
}

/** An entry is for the clusters of its name, in its resource group and subscription if it names them. */
export function isFor({ given }: Entry, { subscriptionId, resourceGroup, clusterName }: ClusterName): boolean {
  const fits = (wanted: string | undefined, found: string) => !wanted || wanted.toLowerCase() === found.toLowerCase();
  return (
    fits(given['cluster-name'], clusterName) &&
    fits(given['resource-group'], resourceGroup) &&
    fits(given['subscription-id'], subscriptionId)
  );
}

/** @returns the clusters with their inputs, or every mistake that shows only now */
export function select(
  found: readonly ClusterName[],
  { entries, excluded }: ClusterList,
  reader: TargetReader,
): Parsed<Selected> {
  const all = [...entries, ...excluded];
  const matches = new Map(all.map((entry) => [entry, found.filter((cluster) => isFor(entry, cluster))]));
  const told: Told[] = all.map((entry) => [
    entry.label,
    (matches.get(entry) ?? []).length > 1
      ? ['is the name of several of the clusters found: add resource-group or subscription-id']
      : [],
  ]);
  const wanted = found.filter((cluster) => !excluded.some((entry) => isFor(entry, cluster)));
  const read = wanted.map((cluster) => {
    const own = entries.filter((entry) => isFor(entry, cluster));
    return { cluster, own, target: reader.read(own[0], cluster) };
  });
  const ofFound = read.map(
    ({ cluster, own, target }): Told => [
      `${cluster.clusterName} in ${cluster.resourceGroup}`,
      [...(own.length > 1 ? ['has several entries'] : []), ...(target.ok ? [] : target.problems)],
    ],
  );
  const clusters = read.flatMap(({ target }) => (target.ok ? [target.value] : []));
  const problems = [...together(told), ...together(ofFound), ...collisions(clusters)];
  if (problems.length === 0 && clusters.length === 0)
    problems.push('clusters: leaves out every cluster that was found');
  if (problems.length > 0) return invalid(...problems);
  return valid({ clusters, unused: all.filter((entry) => matches.get(entry)?.length === 0).map(({ label }) => label) });
}
