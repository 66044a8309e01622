import { type Cluster, clusterResourceId, observeCluster } from '../../azure/cluster.ts';
import { type ClusterRoleAssignments, observeClusterRoleAssignments } from '../../azure/cluster-role-assignments.ts';
import { observeVaultSecretOwnership } from '../../azure/vault-secret-removal.ts';
import { inCluster } from '../../connection/connect.ts';
import type { Clients } from '../../context/clients.ts';
import { type Application, findApplication } from '../../entra/application.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { observeNamespaceOwnership } from '../../kubernetes/namespace-removal.ts';
import { observeOidcSecretOwnership, oidcSecretName } from '../../kubernetes/oidc-secret.ts';
import { type OtherRelease, observeOtherReleases } from '../../kubernetes/other-releases.ts';
import { observeRoleBindings, type RoleBinding } from '../../kubernetes/role-bindings.ts';
import { ActionError } from '../../lib/errors.ts';
import type { Ownership } from '../../lib/ownership.ts';
import { settleAll } from '../../lib/polling.ts';

/** What is left of a deployment, and whose it is. */
export interface Remains {
  /** Undefined where the cluster itself is gone. */
  readonly inside: InsideRemains | undefined;
  readonly application: Application | undefined;
  /** Undefined where no vault was named. */
  readonly vaultSecret: Ownership | undefined;
  /** Undefined where Azure RBAC was not asked for. */
  readonly roleAssignments: ClusterRoleAssignments | undefined;
}

export interface InsideRemains {
  readonly release: Release | undefined;
  readonly access: readonly RoleBinding[];
  readonly oidcSecret: Ownership;
  readonly namespace: Ownership;
  /** They may share registration and vault secret with this one. */
  readonly others: readonly OtherRelease[];
}

export interface Observed {
  readonly remains: Remains;
  readonly cluster: Cluster | undefined;
  readonly kubernetes: Kubernetes | undefined;
}

/** Reads whose things are, not what they hold. */
export async function observeRemains(clients: Clients, inputs: Inputs): Promise<Observed> {
  const [inside, application, vaultSecret, roleAssignments] = await settleAll([
    observeInside(clients, inputs),
    findApplication(clients.graph, inputs.application),
    inputs.vaultName === '' ? undefined : observeVaultSecretOwnership(clients.vault),
    inputs.enableAzureRbac
      ? observeClusterRoleAssignments(clients.arm, clusterResourceId(clients.cluster), [])
      : undefined,
  ]);
  const { cluster, kubernetes, remains } = inside;
  return { cluster, kubernetes, remains: { inside: remains, application, vaultSecret, roleAssignments } };
}

async function observeInside(clients: Clients, inputs: Inputs) {
  const { namespace, releaseName: name } = inputs;
  const cluster = await findCluster(clients);
  if (!cluster) return { cluster, kubernetes: undefined, remains: undefined };
  return inCluster(clients.door, cluster, async (kubernetes) => {
    const [release, access, oidcSecret, namespaceOwnership, others] = await Promise.all([
      observeRelease(kubernetes, namespace, name),
      observeRoleBindings(kubernetes, { namespace, name }),
      observeOidcSecretOwnership(kubernetes, namespace, oidcSecretName(name)),
      observeNamespaceOwnership(kubernetes, { namespace, name }),
      observeOtherReleases(kubernetes, { namespace, name }),
    ]);
    return { cluster, kubernetes, remains: { release, access, oidcSecret, namespace: namespaceOwnership, others } };
  });
}

/** People often delete the cluster first, and the rest has to go all the same. */
async function findCluster(clients: Clients): Promise<Cluster | undefined> {
  try {
    return await observeCluster(clients.cluster);
  } catch (error) {
    if (!(error instanceof ActionError) || error.failure.id !== 'cluster-not-found') throw error;
    clients.log.warning('The cluster is gone', `${error.failure.what}; what is outside of it is removed`);
    return undefined;
  }
}
