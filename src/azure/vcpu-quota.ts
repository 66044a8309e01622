import { path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { numberAt, stringAt } from '../lib/json.ts';
import { type Arm, ifVisible } from './arm.ts';
import { raiseQuota } from './arm-error.ts';
import type { NewCluster } from './new-cluster.ts';

/** A limit on the vCPUs of a region: of all VM sizes (`cores`), or of a series of them. */
export interface VcpuQuota {
  readonly name: string;
  readonly limit: number;
  readonly used: number;
}

/**
 * https://learn.microsoft.com/rest/api/compute/usage/list
 * @returns undefined if the identity may not read them
 */
export async function observeVcpuQuotas(
  arm: Arm,
  subscriptionId: string,
  location: string,
): Promise<readonly VcpuQuota[] | undefined> {
  const scope = `/subscriptions/${subscriptionId}`;
  const usages = await ifVisible(() =>
    arm.list({
      doing: `Reading the quotas of ${location}`,
      provider: 'Microsoft.Compute',
      path: path`/subscriptions/${subscriptionId}/providers/Microsoft.Compute/locations/${location}/usages`,
      scope,
      role: 'Reader',
    }),
  );
  return usages?.flatMap((usage) => {
    const [limit, used] = [numberAt(usage, 'limit'), numberAt(usage, 'currentValue')];
    return limit === undefined || used === undefined
      ? []
      : [{ name: stringAt(usage, 'name', 'value') ?? '', limit, used }];
  });
}

/** The quotas that a cluster counts for, the narrowest first. */
export function quotasFor({ nodeVmSize }: NewCluster, quotas: readonly VcpuQuota[]): readonly VcpuQuota[] {
  const family = familyOf(nodeVmSize);
  const named = (name: string | undefined) => quotas.filter((quota) => quota.name.toLowerCase() === name);
  return [...named(family), ...named('cores')];
}

/** The vCPUs of the new nodes; undefined for a VM size whose name does not tell. */
export function vcpusOf({ nodeVmSize, nodeCount }: NewCluster): number | undefined {
  const found = sizeIn(nodeVmSize);
  return found && found.vcpus * nodeCount;
}

/**
 * @param name of the cluster
 * @throws ActionError cluster-create-failed
 */
export function requireVcpus(name: string, wanted: NewCluster, quotas: readonly VcpuQuota[]): void {
  const needed = vcpusOf(wanted);
  const tight = quotasFor(wanted, quotas).find(({ limit, used }) => needed !== undefined && limit - used < needed);
  if (!tight) return;
  const { nodeCount, nodeVmSize, location } = wanted;
  throw new ActionError({
    id: 'cluster-create-failed',
    what: `Creating cluster ${name} would exceed a quota of the subscription`,
    why: `${nodeCount} x ${nodeVmSize} take ${needed} vCPUs, and quota ${tight.name} in ${location} has ${tight.limit - tight.used} of ${tight.limit} left`,
    fix: raiseQuota(location),
  });
}

/**
 * From version 3 on, names of VM sizes follow one rule: series, vCPUs, those that are active, features, version.
 * https://learn.microsoft.com/azure/virtual-machines/vm-naming-conventions
 */
function sizeIn(size: string) {
  const [, series = '', vcpus, active, features = '', version = ''] =
    /^Standard_([A-Z]+)(\d+)(?:-(\d+))?([a-z]*)(?:_\w+)?_v([3-9]|\d\d)$/.exec(size) ?? [];
  return vcpus === undefined ? undefined : { series, vcpus: Number(active ?? vcpus), features, version };
}

/** Such as standarddsv5family for Standard_D2s_v5. */
function familyOf(size: string): string | undefined {
  const found = sizeIn(size);
  return found && `standard${found.series}${found.features}v${found.version}family`.toLowerCase();
}
