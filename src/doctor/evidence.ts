import { type Cluster, clusterResourceId } from '../azure/cluster.ts';
import { inCluster } from '../azure/cluster-access.ts';
import { type ClusterState, observeClusterState } from '../azure/cluster-creation.ts';
import { observePermissions, type Permissions } from '../azure/permissions.ts';
import { observeVaultAccess, type VaultAccess } from '../azure/vault-access.ts';
import { isWithoutRole } from '../azure/vault-role.ts';
import { observeVaultSecret, type VaultSecretState } from '../azure/vault-secret.ts';
import type { Clients } from '../clients.ts';
import { type Application, observeApplication } from '../entra/application.ts';
import type { Caller } from '../entra/caller.ts';
import { type ApiPrincipals, observeApis } from '../entra/service-principal.ts';
import { vaultAddress } from '../foundation.ts';
import type { Helm } from '../helm/cli.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeKubernetes } from '../kubernetes/state.ts';
import { observeVaultToMake } from '../observe.ts';
import { lazyHelm } from '../prepare.ts';
import type { Surroundings } from '../surroundings.ts';
import { NotChecked } from './check.ts';

/** What several checks look at, read once. Each is a promise, as each may fail by itself. */
export interface Evidence {
  readonly clients: Clients;
  readonly inputs: Inputs;
  readonly folder: string;
  readonly caller: Promise<Caller>;
  readonly application: Promise<Application | undefined>;
  readonly apis: Promise<ApiPrincipals>;
  readonly clusterState: Promise<ClusterState>;
  /** Not to be checked while there is none. */
  readonly cluster: Promise<Cluster>;
  readonly clusterPermissions: Promise<Permissions | undefined>;
  readonly kubernetes: Promise<Kubernetes>;
  readonly vaultSecret: Promise<VaultSecretState>;
  readonly vaultAccess: Promise<VaultAccess | undefined>;
  readonly helm: Promise<Helm>;
}

/** Starts reading all of it, the very reads of a deployment. Nothing is written. */
export function gather(inputs: Inputs, clients: Clients, { platform, environment, log }: Surroundings): Evidence {
  const { graph, arm, cluster: client } = clients;
  const caller = started(graph.caller());
  // What needs a sign-in waits for the first one, so that a failed one is asked for once.
  const signedIn = <T>(read: () => Promise<T>) => started(caller.then(read));
  const clusterState = signedIn(() => observeClusterState(client, arm, inputs.creation.createCluster));
  const cluster = started(clusterState.then(present));
  return {
    clients,
    inputs,
    folder: platform.folder,
    caller,
    application: signedIn(() => observeApplication(graph, inputs.application)),
    apis: signedIn(() => observeApis(graph)),
    clusterState,
    cluster,
    clusterPermissions: signedIn(() => observePermissions(arm, clusterResourceId(client))),
    kubernetes: started(cluster.then(() => enter(clients, inputs, cluster))),
    vaultSecret: signedIn(() => readVaultSecret(clients, inputs)),
    vaultAccess: signedIn(() => observeVaultAccess(arm, vaultAddress(inputs))),
    helm: started(lazyHelm(inputs.helmVersion, platform, environment, inputs.waitTimeout, clients.transport, log)()),
  };
}

function present(state: ClusterState): Cluster {
  if (state.kind === 'present') return state.cluster;
  throw new NotChecked('there is no cluster yet');
}

/** A vault that a deployment makes, or gives itself the role on, cannot be looked into yet. */
async function readVaultSecret(clients: Clients, inputs: Inputs): Promise<VaultSecretState> {
  if (!inputs.creation.createVault) return observeVaultSecret(clients.vault);
  const vault = await observeVaultToMake(clients, inputs);
  if (vault.kind !== 'usable') return { kind: 'unseen' };
  return observeVaultSecret(clients.vault).catch((error: unknown) => {
    if (isWithoutRole(error)) return { kind: 'unseen' };
    throw error;
  });
}

/** The way in of a deployment: it counts as closed where what a deployment reads cannot be read. */
function enter(clients: Clients, inputs: Inputs, cluster: Promise<Cluster>): Promise<Kubernetes> {
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  return inCluster(
    clients.door,
    () => cluster,
    async (kubernetes) => {
      await observeKubernetes(kubernetes, release, clients.mask);
      return kubernetes;
    },
  );
}

/** A failure is for the checks to tell, whenever they come to it. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
