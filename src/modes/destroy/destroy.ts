import { clusterResourceId } from '../../azure/cluster.ts';
import { applyClusterRoleAssignment } from '../../azure/cluster-role-assignments.ts';
import { vaultSecretUri } from '../../azure/vault-secret.ts';
import { removeVaultSecret } from '../../azure/vault-secret-removal.ts';
import type { Clients } from '../../context/clients.ts';
import type { Surroundings } from '../../context/surroundings.ts';
import { type Application, deleteApplication } from '../../entra/application.ts';
import { removePassword } from '../../entra/password.ts';
import { uninstallRelease } from '../../helm/release.ts';
import { helmInside, lazyHelm } from '../../helm/session.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { observeNamespace, removeNamespace } from '../../kubernetes/namespace.ts';
import { oidcSecretName, removeOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { applyRoleBinding } from '../../kubernetes/role-bindings.ts';
import { milliseconds } from '../../lib/duration.ts';
import { pollUntil, withProgress } from '../../lib/polling.ts';
import { logChanges } from '../describe.ts';
import type { Destruction } from '../outcome.ts';
import { observeRemains } from './observe.ts';
import { changesOfRemoval, planRemoval, type Removal } from './plan.ts';

const NAMESPACE_POLL_MS = 1_000;

/**
 * Mode destroy: removes what this action made. Each thing is found by itself, so that a run which is killed anywhere is
 * finished by the next one.
 */
export async function destroy(inputs: Inputs, clients: Clients, surroundings: Surroundings): Promise<Destruction> {
  const { log } = surroundings;
  const { remains, cluster, kubernetes } = await log.group('Observe', () => observeRemains(clients, inputs));
  const uri = inputs.vaultName === '' ? undefined : vaultSecretUri(clients.vault);
  const removal = planRemoval(inputs, remains, uri);
  const changes = changesOfRemoval(removal);
  await log.group('Plan', async () => {
    logChanges(log, changes);
    for (const reason of removal.kept) log.info(`Stays: ${reason}`);
  });
  await log.group('Destroy', async () => {
    if (kubernetes) await stopHeadlamp(inputs, clients, surroundings, kubernetes, removal);
    await removeRoleAssignments(inputs, clients, removal);
    if (remains.application) await removeIdentity(clients, remains.application, removal);
    if (removal.vaultSecret.length > 0) await removeVaultSecret(clients.vault);
    if (kubernetes && removal.namespace.length > 0) await leave(inputs, clients, kubernetes);
  });
  return {
    kind: 'destruction',
    inputs,
    cloud: clients.cloud,
    cluster: {
      id: cluster?.id ?? clusterResourceId(clients.cluster),
      kubernetesVersion: cluster?.kubernetesVersion ?? '',
    },
    changes,
    kept: removal.kept,
  };
}

/** Before anything it signs people in with is gone. */
async function stopHeadlamp(
  inputs: Inputs,
  clients: Clients,
  { platform, environment }: Surroundings,
  kubernetes: Kubernetes,
  removal: Removal,
): Promise<void> {
  const { namespace, releaseName: name } = inputs;
  if (removal.release.length > 0) {
    const helm = lazyHelm(
      inputs.helmVersion,
      platform,
      environment,
      inputs.waitTimeout,
      clients.transport,
      clients.log,
    );
    const inside = await helmInside(kubernetes, helm, platform.folder, clients.mask);
    await uninstallRelease(inside, { namespace, name });
  }
  await Promise.all(removal.access.map((change) => applyRoleBinding(kubernetes, change)));
  if (removal.oidcSecret.length > 0) await removeOidcSecret(kubernetes, namespace, oidcSecretName(name));
}

async function removeRoleAssignments(
  inputs: Inputs,
  { arm, cluster }: Clients,
  { roleAssignments }: Removal,
): Promise<void> {
  const owner = { namespace: inputs.namespace, name: inputs.releaseName };
  await Promise.all(
    roleAssignments.map((change) => applyClusterRoleAssignment(arm, clusterResourceId(cluster), owner, change)),
  );
}

async function removeIdentity({ graph }: Clients, application: Application, removal: Removal): Promise<void> {
  if (removal.application.length > 0) await deleteApplication(graph, application);
  // One after the other: Entra takes one change to an application at a time.
  for (const { keyId } of removal.passwords) await removePassword(graph, application, keyId);
}

/** Ends when the namespace is gone: nothing can be deployed to one that is still going. */
async function leave({ namespace, waitTimeout }: Inputs, { log }: Clients, kubernetes: Kubernetes): Promise<void> {
  await removeNamespace(kubernetes, namespace);
  const gone = await withProgress(log, `Waiting for namespace ${namespace} to be gone`, () =>
    pollUntil(async () => ((await observeNamespace(kubernetes, namespace)) ? undefined : true), {
      timeoutMs: milliseconds(waitTimeout),
      intervalMs: NAMESPACE_POLL_MS,
    }),
  );
  if (!gone) log.info(`Namespace ${namespace} is being deleted; Kubernetes goes on with it`);
}
