import { type Cluster, observeCluster } from './azure/cluster.ts';
import { inCluster } from './azure/cluster-access.ts';
import { readUserCredential } from './azure/cluster-credentials.ts';
import { observeVaultSecret } from './azure/vault-secret.ts';
import { judgeSecret } from './client-secret.ts';
import type { ClientSecretState } from './client-secret-plan.ts';
import type { Clients } from './clients.ts';
import { type Application, observeApplication } from './entra/application.ts';
import { type ConsentState, observeConsent } from './entra/consent.ts';
import {
  type ApiPrincipals,
  observeApis,
  observeServicePrincipal,
  type ServicePrincipal,
} from './entra/service-principal.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Kubernetes } from './kubernetes/client.ts';
import { type KubernetesState, observeKubernetes } from './kubernetes/state.ts';
import { inOrder } from './waiting.ts';

/** Everything that exists already, before anything is written. */
export interface Observation {
  readonly cluster: Cluster;
  readonly entra: EntraState;
  readonly clientSecret: ClientSecretState;
  readonly kubernetes: KubernetesState;
}

export interface EntraState {
  readonly application: Application | undefined;
  readonly servicePrincipal: ServicePrincipal | undefined;
  readonly apis: ApiPrincipals;
  readonly consent: ConsentState;
}

/** Reads all of it side by side; what depends on an answer follows that answer alone. */
export async function observe(
  clients: Clients,
  inputs: Inputs,
): Promise<{ observation: Observation; kubernetes: Kubernetes }> {
  const application = observeApplication(clients.graph, inputs.application);
  const [{ cluster, ...inside }, entra, clientSecret] = await inOrder([
    observeInside(clients, inputs),
    observeEntra(clients, application),
    observeClientSecret(clients, application),
  ]);
  return { observation: { cluster, entra, clientSecret, kubernetes: inside.state }, kubernetes: inside.kubernetes };
}

async function observeInside(clients: Clients, inputs: Inputs) {
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  const [cluster, kubeconfig] = await inOrder([
    observeCluster(clients.cluster),
    readUserCredential(clients.cluster, clients.mask),
  ]);
  return inCluster(
    clients.door,
    async () => cluster,
    async (kubernetes) => ({ cluster, kubernetes, state: await observeKubernetes(kubernetes, release, clients.mask) }),
    kubeconfig,
  );
}

async function observeEntra({ graph }: Clients, pending: Promise<Application | undefined>): Promise<EntraState> {
  const own = async () => {
    const application = await pending;
    const servicePrincipal = application && (await observeServicePrincipal(graph, application.appId));
    return { application, servicePrincipal, consent: await observeConsent(graph, servicePrincipal) };
  };
  const [state, apis] = await Promise.all([own(), observeApis(graph)]);
  return { ...state, apis };
}

export async function observeClientSecret(
  clients: Clients,
  application: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  const [vault, found] = await inOrder([observeVaultSecret(clients.vault), application]);
  return judgeSecret(clients.secretTools, vault, found, new Date());
}
