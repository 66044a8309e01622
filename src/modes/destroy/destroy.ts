import { applyClusterRoleAssignment } from '../../azure/cluster-role-assignments.ts';
import { removeVaultSecret } from '../../azure/vault-secret-removal.ts';
import type { Connection } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import type { Destruction } from '../../context/outcome.ts';
import { type Application, deleteApplication } from '../../entra/application.ts';
import { removePassword, stays } from '../../entra/password.ts';
import { assertRecordsOurs } from '../../helm/recorded-objects.ts';
import { removeRelease } from '../../helm/release.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { observeNamespace, removeNamespace } from '../../kubernetes/namespace.ts';
import { observeNamespaceOwnership } from '../../kubernetes/namespace-removal.ts';
import { observeOidcSecretOwnership, removeOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { applyRoleBindings } from '../../kubernetes/role-bindings.ts';
import { logChanges, type ResourceName } from '../../lib/change.ts';
import { milliseconds } from '../../lib/duration.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../../lib/polling.ts';
import { type Observed, observeRemains } from './observe.ts';
import { changesOfRemoval, planRemoval, type Removal } from './plan.ts';

const NAMESPACE_POLL_MS = 1_000;

/**
 * Mode destroy: removes what this action created. Each resource is found independently of the others, so if a run is
 * interrupted, the next one removes the rest.
 */
export async function destroy(context: Context): Promise<Destruction> {
  const { inputs, cloud, cluster: client, log } = context;
  const observed = await log.group('Observe', () => observeRemains(context));
  const removal = planRemoval(context, observed.remains);
  const changes = changesOfRemoval(removal);
  await log.group('Plan', async () => {
    logChanges(log, changes);
    for (const reason of removal.kept) log.info(`Stays: ${reason}`);
  });
  const stayed = await log.group('Destroy', () => apply(context, observed, removal));
  for (const { because } of stayed) log.info(`Stays: ${because}`);
  const { cluster } = observed;
  return {
    kind: 'destruction',
    inputs,
    cloud,
    cluster: { id: cluster?.id ?? client.id, kubernetesVersion: cluster?.kubernetesVersion ?? '' },
    changes: changes.filter(({ resource }) => !stayed.some((one) => one.resource === resource)),
    kept: [...removal.kept, ...stayed.map(({ because }) => because)],
  };
}

/** What was ours when the run looked first, and is not any more. */
interface Stayed {
  readonly resource: ResourceName;
  readonly because: string;
}

async function apply(
  context: Context,
  { connection, remains }: Observed,
  removal: Removal,
): Promise<readonly Stayed[]> {
  if (connection) await stopHeadlamp(context, connection, removal);
  await removeRoleAssignments(context, removal);
  if (remains.application) await removeIdentity(context, remains.application, removal);
  // It notes whose the registration is, for the next run if this one is interrupted.
  const secret = connection && removal.oidcSecret.length > 0 ? await removeSecret(context, connection.kubernetes) : [];
  if (removal.vaultSecret.length > 0) await removeVaultSecret(context.vault);
  if (!connection || removal.namespace.length === 0) return secret;
  return [...secret, ...(await leaveNamespace(context, connection.kubernetes))];
}

/** Minutes may have passed since the run looked, and nobody can restore what is deleted in a cluster. */
async function removeSecret({ release }: Context, kubernetes: Kubernetes): Promise<readonly Stayed[]> {
  const { ownership } = await observeOidcSecretOwnership(kubernetes, release);
  if (ownership.kind === 'foreign') return [{ resource: 'kubernetes secret', because: ownership.because }];
  await removeOidcSecret(kubernetes, release);
  return [];
}

/** Runs before anything that sign-in needs is removed. */
async function stopHeadlamp({ release }: Context, { kubernetes, helm }: Connection, removal: Removal): Promise<void> {
  if (removal.release.length > 0) {
    await assertRecordsOurs(kubernetes, release);
    await removeRelease(await helm(), release);
  }
  await applyRoleBindings(kubernetes, release, removal.roleBindings);
}

async function removeRoleAssignments({ arm, cluster, release }: Context, { roleAssignments }: Removal): Promise<void> {
  await Promise.all(roleAssignments.map((change) => applyClusterRoleAssignment(arm, cluster.id, release, change)));
}

async function removeIdentity({ graph, log }: Context, application: Application, removal: Removal): Promise<void> {
  if (removal.application.length > 0) await deleteApplication(graph, application);
  // In sequence: Entra accepts one change to an application at a time.
  for (const { keyId } of removal.passwords)
    if (!(await removePassword(graph, application, keyId))) log.info(stays(keyId));
}

/** Resolves once the namespace is gone: nothing can be deployed to one that is still terminating. */
async function leaveNamespace({ inputs, release, log }: Context, kubernetes: Kubernetes): Promise<readonly Stayed[]> {
  const { namespace } = release;
  const ownership = await observeNamespaceOwnership(kubernetes, release);
  if (ownership.kind === 'foreign') return [{ resource: 'namespace', because: ownership.because }];
  await removeNamespace(kubernetes, namespace);
  const isGone = async () => ((await observeNamespace(kubernetes, namespace)).kind === 'absent' ? true : AGAIN);
  const patience = { timeoutMs: milliseconds(inputs.waitTimeout), intervalMs: NAMESPACE_POLL_MS };
  const gone = await withProgress(log, `Waiting for the deletion of namespace ${namespace}`, () =>
    pollUntil(isGone, patience),
  );
  if (gone === TIMED_OUT) log.info(`Namespace ${namespace} is still being deleted; Kubernetes completes it`);
  return [];
}
