import { type Cluster, clusterResourceId, observeCluster } from '../azure/cluster.ts';
import { inCluster } from '../azure/cluster-access.ts';
import { observePermissions, type Permissions } from '../azure/permissions.ts';
import { observeVaultAccess, type VaultAccess } from '../azure/vault-access.ts';
import { observeVaultSecret, type VaultSecretState } from '../azure/vault-secret.ts';
import type { Clients } from '../clients.ts';
import { type Application, observeApplication } from '../entra/application.ts';
import type { Caller } from '../entra/caller.ts';
import { type ApiPrincipals, observeApis } from '../entra/service-principal.ts';
import type { Helm } from '../helm/cli.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeKubernetes } from '../kubernetes/state.ts';
import { lazyHelm } from '../prepare.ts';
import type { Surroundings } from '../surroundings.ts';

/** What several checks look at, read once. Each is a promise, as each may fail by itself. */
export interface Evidence {
  readonly clients: Clients;
  readonly inputs: Inputs;
  readonly folder: string;
  readonly caller: Promise<Caller>;
  readonly application: Promise<Application | undefined>;
  readonly apis: Promise<ApiPrincipals>;
  readonly cluster: Promise<Cluster>;
  readonly clusterPermissions: Promise<Permissions | undefined>;
  readonly kubernetes: Promise<Kubernetes>;
  readonly vaultSecret: Promise<VaultSecretState>;
  readonly vaultAccess: Promise<VaultAccess | undefined>;
  readonly helm: Promise<Helm>;
}

/** Starts reading all of it, the very reads of a deployment. Nothing is written. */
export function gather(inputs: Inputs, clients: Clients, { platform, environment, log }: Surroundings): Evidence {
  const { graph, cluster: client } = clients;
  const caller = started(graph.caller());
  // What needs a sign-in waits for the first one, so that a failed one is asked for once.
  const signedIn = <T>(read: () => Promise<T>) => started(caller.then(read));
  const cluster = signedIn(() => observeCluster(client));
  return {
    clients,
    inputs,
    folder: platform.folder,
    caller,
    application: signedIn(() => observeApplication(graph, inputs.application)),
    apis: signedIn(() => observeApis(graph)),
    cluster,
    clusterPermissions: signedIn(() => observePermissions(client, clusterResourceId(client))),
    kubernetes: started(cluster.then(() => enter(clients, inputs, cluster))),
    vaultSecret: signedIn(() => observeVaultSecret(clients.vault)),
    vaultAccess: started(caller.then(({ objectId }) => observeVaultAccess(client, inputs.vaultName, objectId))),
    helm: started(lazyHelm(inputs.helmVersion, platform, environment, inputs.waitTimeout, clients.transport, log)()),
  };
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
