import { type Cluster, observeCluster } from '../../azure/cluster.ts';
import { type ClusterRoleAssignments, observeClusterRoleAssignments } from '../../azure/cluster-role-assignments.ts';
import { observeVaultSecretOwnership } from '../../azure/vault-secret-removal.ts';
import { type Connection, connect } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import { type Application, findApplication, wantedApplication } from '../../entra/application.ts';
import { observeApplicationOwnership } from '../../entra/ownership.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import { observeNamespaceOwnership } from '../../kubernetes/namespace-removal.ts';
import { observeOidcSecretOwnership } from '../../kubernetes/oidc-secret.ts';
import { type OtherRelease, observeOtherReleases } from '../../kubernetes/other-releases.ts';
import { observeRoleBindingsLeft, type RoleBinding } from '../../kubernetes/role-bindings.ts';
import { ActionError } from '../../lib/errors.ts';
import type { Ownership } from '../../lib/ownership.ts';
import { settleAll } from '../../lib/polling.ts';

/** What is left of a deployment, and who owns it. */
export interface Remains {
  /** Undefined if the cluster itself is gone. */
  readonly inCluster: RemainsInCluster | undefined;
  readonly application: Application | undefined;
  /** Undefined if there is none. */
  readonly applicationOwnership: Ownership | undefined;
  /** Undefined if key-vault-name is not set. */
  readonly vaultSecret: Ownership | undefined;
  /** Undefined if Azure RBAC was not requested, or the identity may not read them and need not. */
  readonly roleAssignments: ClusterRoleAssignments | undefined;
}

export interface RemainsInCluster {
  readonly release: Release | undefined;
  readonly roleBindings: readonly RoleBinding[];
  readonly oidcSecret: Ownership;
  readonly namespace: Ownership;
  /** Releases that may share the registration and the vault secret with this one. */
  readonly others: readonly OtherRelease[];
}

export interface Observed {
  readonly remains: Remains;
  readonly cluster: Cluster | undefined;
  readonly connection: Connection | undefined;
}

/** Reads who owns each resource, not what is in it. */
export async function observeRemains(context: Context): Promise<Observed> {
  const { graph, inputs, vault, arm, cluster: client } = context;
  const [ofCluster, application, vaultSecret, roleAssignments] = await settleAll([
    observeInCluster(context),
    findApplication(graph, inputs.application),
    inputs.vaultName === '' ? undefined : observeVaultSecretOwnership(vault),
    inputs.enableAzureRbac
      ? observeClusterRoleAssignments(arm, client.id, [], inputs.access.azure.length > 0)
      : undefined,
  ]);
  const { cluster, connection, inCluster, clientId } = ofCluster;
  const applicationOwnership =
    application &&
    (await observeApplicationOwnership(graph, wantedApplication(context), application, [
      clientId,
      vaultSecret?.clientId,
    ]));
  return {
    cluster,
    connection,
    remains: { inCluster, application, applicationOwnership, vaultSecret: vaultSecret?.ownership, roleAssignments },
  };
}

async function observeInCluster(context: Context) {
  const { release: name } = context;
  // With delivery vault, nothing in the cluster is this action's.
  const cluster = context.inputs.delivery === 'vault' ? undefined : await findCluster(context);
  if (!cluster) return { cluster, connection: undefined, inCluster: undefined, clientId: undefined };
  return connect(context, cluster, async (connection) => {
    const { kubernetes } = connection;
    const [release, roleBindings, oidcSecret, namespace, others] = await Promise.all([
      observeRelease(kubernetes, name),
      observeRoleBindingsLeft(kubernetes, name),
      observeOidcSecretOwnership(kubernetes, name),
      observeNamespaceOwnership(kubernetes, name),
      observeOtherReleases(kubernetes, name),
    ]);
    const inCluster = { release, roleBindings, oidcSecret: oidcSecret.ownership, namespace, others };
    return { cluster, connection, inCluster, clientId: oidcSecret.clientId };
  });
}

/** People often delete the cluster first; the rest still has to be removed. */
async function findCluster({ cluster, log }: Context): Promise<Cluster | undefined> {
  try {
    return await observeCluster(cluster);
  } catch (error) {
    if (!(error instanceof ActionError) || error.failure.id !== 'cluster-not-found') throw error;
    log.warning('The cluster is gone', `${error.failure.what}; resources outside the cluster are removed`);
    return undefined;
  }
}
