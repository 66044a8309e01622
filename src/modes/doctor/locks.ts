import { clusterIn } from '../../azure/cluster-creation.ts';
import { type LockReader, lockReader, requireUnlocked } from '../../azure/locks.ts';
import { atEachScope, type Permission } from '../../azure/permissions.ts';
import { resourceIdIn } from '../../azure/resource-id.ts';
import { fix } from '../../lib/fix.ts';
import { wayInto } from './azure.ts';
import { type Check, type Doubt, from, NotChecked } from './check.ts';
import { CLUSTER, type Evidence } from './evidence.ts';

/** Locks on what a deployment would change: no role helps against them. */
export function locksCheck(evidence: Evidence): Check {
  return { title: 'Resource locks', run: () => checkLocks(evidence) };
}

async function checkLocks(evidence: Evidence): Promise<string | Doubt> {
  const { required, clusterState, context } = evidence;
  const changes = (await from(CLUSTER, required)).filter(({ linked }) => !linked);
  const isThere = (await clusterState).kind === 'present' && context.inputs.delivery === 'helm';
  const needed: readonly Permission[] = isThere ? [wayInto(context), ...changes] : changes;
  if (needed.length === 0) return 'not needed, no change to Azure resources';
  const locksAt = lockReader(context.arm);
  const locks = await atEachScope(needed, locksAt);
  for (const permission of needed) {
    const found = locks.get(permission.scope);
    if (found) requireUnlocked(found, permission, context.clientId);
  }
  const unseen = [...locks].flatMap(([scope, found]) => (found ? [] : [scope]));
  if (unseen.length > 0) throw new NotChecked(`the identity may not read the locks on ${unseen.join(', ')}`);
  const hidden = [...new Set([...locks.values()].flatMap((found) => found?.unseen ?? []))];
  const rest = hidden.length === 0 ? '' : `; the identity may not read those set on ${hidden.join(', ')}`;
  const doubt = changes.some(({ of }) => of === 'the cluster') ? await onNodes(evidence, locksAt) : undefined;
  return doubt ?? `none that stops a deployment${rest}`;
}

/** AKS itself changes the group of the nodes when the cluster changes. */
async function onNodes(
  { clusterState, context: { cluster } }: Evidence,
  locksAt: LockReader,
): Promise<Doubt | undefined> {
  const name = clusterIn(await clusterState)?.model.nodeResourceGroup;
  if (name === undefined) return undefined;
  const nodes = resourceIdIn(`/subscriptions/${cluster.subscriptionId}/resourceGroups/${name}`);
  const locks = nodes && (await locksAt(nodes));
  const lock = locks?.inEffect.find(({ level }) => level === 'ReadOnly');
  return (
    lock && {
      doubt: `lock ${lock.name} with level ReadOnly is on ${lock.scope}, so AKS cannot change the nodes in ${name}`,
      fix: fix`have it removed while the cluster changes: az lock list --subscription ${cluster.subscriptionId} --output table`,
    }
  );
}
