import type { ClusterName } from '../azure/cluster-client.ts';
import { asciiJson, isRecord, parseJson } from '../lib/json.ts';
import { invalid } from './clusters.ts';

/** Outputs of the first job that hold what the selector found. A step takes at most 128 KiB of each, as an environment variable. */
export const PIECES = 4;
const PIECE = 120_000;

/** Subscriptions with their resource groups with their clusters, in the order of Azure Resource Graph. */
type Grouped = [subscription: string, groups: [group: string, names: string[]][]][];

/** @throws ActionError invalid-inputs, if it is more than GitHub hands from job to job */
export function encodeFound(found: readonly ClusterName[]): readonly string[] {
  const grouped: Grouped = [];
  for (const { subscriptionId, resourceGroup, clusterName } of found) {
    if (grouped.at(-1)?.[0] !== subscriptionId) grouped.push([subscriptionId, []]);
    const groups = grouped.at(-1)?.[1] ?? [];
    if (groups.at(-1)?.[0] !== resourceGroup) groups.push([resourceGroup, []]);
    groups.at(-1)?.[1].push(clusterName);
  }
  // Azure allows letters of any script in the name of a resource group.
  const text = asciiJson(grouped);
  if (text.length > PIECES * PIECE)
    throw invalid([
      `cluster-selector: finds ${found.length} clusters, whose names are ${text.length} characters; GitHub hands at most ${PIECES * PIECE} from job to job. Split them into several calls by a tag`,
    ]);
  return Array.from({ length: PIECES }, (_, index) => text.slice(index * PIECE, (index + 1) * PIECE));
}

/** @returns undefined if a piece is missing */
export function decodeFound(pieces: readonly string[]): readonly ClusterName[] | undefined {
  const grouped = parseJson(pieces.join(''));
  if (!Array.isArray(grouped)) return undefined;
  return pairsOf(grouped).flatMap(([subscriptionId, groups]) =>
    pairsOf(groups).flatMap(([resourceGroup, names]) =>
      names.flatMap((clusterName) =>
        typeof clusterName === 'string' ? [{ subscriptionId, resourceGroup, clusterName }] : [],
      ),
    ),
  );
}

function pairsOf(list: readonly unknown[]): (readonly [string, readonly unknown[]])[] {
  return list.flatMap((pair) => {
    const [name, inner]: readonly unknown[] = Array.isArray(pair) && !isRecord(pair) ? pair : [];
    return typeof name === 'string' && Array.isArray(inner) ? [[name, inner] as const] : [];
  });
}
