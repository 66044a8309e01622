import { applyClusterRoleAssignment } from '../../azure/cluster-role-assignments.ts';
import { removeVaultSecret } from '../../azure/vault-secret-removal.ts';
import type { Connection } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import type { Destruction } from '../../context/outcome.ts';
import { type Application, deleteApplication } from '../../entra/application.ts';
import { removePasswords } from '../../entra/password.ts';
import { assertRecordsOurs } from '../../helm/recorded-objects.ts';
import { removeRelease } from '../../helm/release.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { awaitNamespaceGone, removeNamespace } from '../../kubernetes/namespace.ts';
import { observeNamespaceOwnership } from '../../kubernetes/namespace-removal.ts';
import { observeOidcSecretOwnership, removeOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { applyRoleBindings } from '../../kubernetes/role-bindings.ts';
import { logChanges } from '../../lib/change.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError } from '../../lib/errors.ts';
import { settleAll } from '../../lib/polling.ts';
import { type Observed, observeRemains } from './observe.ts';
import { changesOfRemoval, planRemoval, type Removal } from './plan.ts';

/**
 * Mode destroy: removes what this action created. Each resource is found independently of the others, so if a run is
 * interrupted, the next one removes the rest.
 */
export async function destroy(context: Context): Promise<Destruction> {
  const { inputs, cloud, cluster: client, log } = context;
  const observed = await log.group('Observe', () => observeRemains(context));
  const removal = planRemoval(context, observed.remains);
  await log.group('Plan', async () => {
    logChanges(log, changesOfRemoval(removal));
    for (const reason of removal.kept) log.info(`Stays: ${reason}`);
  });
  const removed = await log.group('Destroy', () => apply(context, observed, removal));
  const { cluster } = observed;
  return {
    kind: 'destruction',
    inputs,
    cloud,
    cluster: { id: cluster?.id ?? client.id, kubernetesVersion: cluster?.kubernetesVersion ?? '' },
    changes: changesOfRemoval(removed),
    kept: removed.kept,
  };
}

/** @returns the removal as it was made: of what was ours when the run looked first, some may be somebody else's by now */
async function apply(context: Context, { connection, remains }: Observed, removal: Removal): Promise<Removal> {
  if (connection) await stopHeadlamp(context, connection, removal);
  await removeRoleAssignments(context, removal);
  const passwords = remains.application ? await removeIdentity(context, remains.application, removal) : [];
  // It notes whose the registration is, for the next run if this one is interrupted.
  const ofSecret =
    connection && removal.oidcSecret.length > 0 ? await removeSecret(context, connection.kubernetes) : undefined;
  if (removal.vaultSecret.length > 0) await removeVaultSecret(context.vault);
  const ofNamespace =
    connection && removal.namespace.length > 0 ? await leaveNamespace(context, connection.kubernetes) : undefined;
  const reasons = [ofSecret, ofNamespace].filter((reason) => reason !== undefined);
  for (const reason of reasons) context.log.info(`Stays: ${reason}`);
  return {
    ...removal,
    passwords,
    oidcSecret: ofSecret === undefined ? removal.oidcSecret : [],
    namespace: ofNamespace === undefined ? removal.namespace : [],
    kept: [...removal.kept, ...reasons],
  };
}

/**
 * Minutes may have passed since the run looked, and nobody can restore what is deleted in a cluster.
 * @returns why it stays; undefined if it is gone
 */
async function removeSecret({ release }: Context, kubernetes: Kubernetes): Promise<string | undefined> {
  const { ownership } = await observeOidcSecretOwnership(kubernetes, release);
  if (ownership.kind === 'foreign') return ownership.because;
  await removeOidcSecret(kubernetes, release);
  return undefined;
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
  await settleAll(roleAssignments.map((change) => applyClusterRoleAssignment(arm, cluster.id, release, change)));
}

/** @returns the passwords that are gone: one that Entra does not know everywhere yet stays */
async function removeIdentity({ graph, log }: Context, application: Application, removal: Removal) {
  if (removal.application.length > 0) await deleteApplication(graph, application);
  return removePasswords(graph, application, removal.passwords, log);
}

/**
 * Ends when the namespace is gone: nothing can be deployed to one that is still terminating.
 * @returns why it stays; undefined if it is deleted
 */
async function leaveNamespace({ inputs, release, log }: Context, kubernetes: Kubernetes): Promise<string | undefined> {
  const { namespace } = release;
  const ownership = await observeNamespaceOwnership(kubernetes, release);
  if (ownership.kind === 'foreign') return ownership.because;
  await removeNamespace(kubernetes, namespace);
  const patience = { timeoutMs: milliseconds(inputs.waitTimeout), log };
  await awaitNamespaceGone(kubernetes, namespace, patience).catch((error: unknown) => {
    if (!(error instanceof ActionError) || error.failure.id !== 'namespace-terminating') throw error;
    log.info(`Namespace ${namespace} is still being deleted; Kubernetes completes it`);
  });
  return undefined;
}
