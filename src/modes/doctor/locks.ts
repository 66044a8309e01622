import { clusterIn } from '../../azure/cluster-creation.ts';
import { type Lock, observeLocks, requireUnlocked } from '../../azure/locks.ts';
import { atEachScope, type Permission } from '../../azure/permissions.ts';
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
  const locks = await atEachScope(needed, (scope) => observeLocks(context.arm, scope));
  for (const permission of needed) requireUnlocked(locks.get(permission.scope) ?? [], permission, context.clientId);
  const unseen = [...locks].flatMap(([scope, found]) => (found ? [] : [scope]));
  if (unseen.length > 0) throw new NotChecked(`the identity may not read the locks on ${unseen.join(', ')}`);
  return (
    (changes.some(({ of }) => of === 'the cluster') && (await onNodes(evidence))) || 'none that stops a deployment'
  );
}

/** AKS itself changes the group of the nodes when the cluster changes. */
async function onNodes({ clusterState, context: { arm, cluster } }: Evidence): Promise<Doubt | undefined> {
  const name = clusterIn(await clusterState)?.model.nodeResourceGroup;
  if (name === undefined) return undefined;
  const locks = await observeLocks(arm, `/subscriptions/${cluster.subscriptionId}/resourceGroups/${name}`);
  const lock = locks?.find(({ level }: Lock) => level === 'ReadOnly');
  return (
    lock && {
      doubt: `lock ${lock.name} with level ReadOnly is on ${lock.scope}, so AKS cannot change the nodes in ${name}`,
      fix: fix`have it removed while the cluster changes: az lock list --subscription ${cluster.subscriptionId} --output table`,
    }
  );
}
