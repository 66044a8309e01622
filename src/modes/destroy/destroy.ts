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
import { removeOidcSecret } from '../../kubernetes/oidc-secret.ts';
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
  const passwords = await log.group('Destroy', () => apply(context, observed, removal));
  const { cluster } = observed;
  return {
    kind: 'destruction',
    inputs,
    cloud,
    cluster: { id: cluster?.id ?? client.id, kubernetesVersion: cluster?.kubernetesVersion ?? '' },
    changes: changesOfRemoval({ ...removal, passwords }),
    kept: removal.kept,
  };
}

/** @returns the passwords that are gone: one that Entra does not know everywhere yet stays */
async function apply(
  context: Context,
  { connection, remains }: Observed,
  removal: Removal,
): Promise<Removal['passwords']> {
  if (connection) await stopHeadlamp(context, connection, removal);
  await removeRoleAssignments(context, removal);
  const passwords = remains.application ? await removeIdentity(context, remains.application, removal) : [];
  // It notes whose the registration is, for the next run if this one is interrupted.
  if (connection && removal.oidcSecret.length > 0) await removeOidcSecret(connection.kubernetes, context.release);
  if (removal.vaultSecret.length > 0) await removeVaultSecret(context.vault);
  if (connection && removal.namespace.length > 0) await leaveNamespace(context, connection.kubernetes);
  return passwords;
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

async function removeIdentity({ graph, log }: Context, application: Application, removal: Removal) {
  if (removal.application.length > 0) await deleteApplication(graph, application);
  return removePasswords(graph, application, removal.passwords, log);
}

/** Resolves once the namespace is gone: nothing can be deployed to one that is still terminating. */
async function leaveNamespace({ inputs, release, log }: Context, kubernetes: Kubernetes): Promise<void> {
  const { namespace } = release;
  await removeNamespace(kubernetes, namespace);
  const patience = { timeoutMs: milliseconds(inputs.waitTimeout), log };
  await awaitNamespaceGone(kubernetes, namespace, patience).catch((error: unknown) => {
    if (!(error instanceof ActionError) || error.failure.id !== 'namespace-terminating') throw error;
    log.info(`Namespace ${namespace} is still being deleted; Kubernetes completes it`);
  });
}
