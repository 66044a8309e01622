import { observeVcpuQuotas, quotasFor, requireVcpus, vcpusOf } from '../../azure/vcpu-quota.ts';
import { creationsIn } from '../deploy/plan-azure.ts';
import { type Check, from, NotChecked } from './check.ts';
import { CLUSTER, type Evidence } from './evidence.ts';

/** Whether the region has vCPUs left for the nodes of a new cluster. */
export function quotaChecks(evidence: Evidence): readonly Check[] {
  const { createCluster } = evidence.context.inputs.creation;
  return createCluster ? [{ title: 'vCPU quota', run: () => checkQuota(evidence) }] : [];
}

async function checkQuota({ azurePlan, context: { arm, cluster } }: Evidence): Promise<string> {
  const [wanted] = creationsIn(await from(CLUSTER, azurePlan));
  if (!wanted) return 'not needed, the cluster exists';
  const quotas = await observeVcpuQuotas(arm, cluster.subscriptionId, wanted.location);
  if (!quotas) throw new NotChecked(`the identity may not read the quotas of ${wanted.location}`);
  requireVcpus(cluster.name, wanted, quotas);
  const left = quotasFor(wanted, quotas).map(({ name, limit, used }) => `${name} ${limit - used} of ${limit}`);
  const needed = vcpusOf(wanted) ?? 'an unknown number of';
  return `takes ${needed} vCPUs; left in ${wanted.location}: ${left.join(', ') || 'not told'}`;
}
