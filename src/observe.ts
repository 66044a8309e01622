import { type AzureAccess, observeAzureAccess } from './azure/azure-access.ts';
import { clusterResourceId } from './azure/cluster.ts';
import { type Entered, inCluster } from './azure/cluster-access.ts';
import { type ClusterState, observeClusterState } from './azure/cluster-creation.ts';
import { readUserCredential } from './azure/cluster-credentials.ts';
import { observeVault, type VaultState } from './azure/vault.ts';
import { isWithoutRole } from './azure/vault-role.ts';
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
import { vaultAddress } from './foundation.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Kubeconfig } from './kubernetes/kubeconfig.ts';
import { type KubernetesState, nothingYet, observeKubernetes } from './kubernetes/state.ts';
import { inOrder } from './waiting.ts';

/** Everything that exists already, before anything is written. */
export interface Observation {
  readonly cluster: ClusterState;
  readonly vault: VaultState;
  readonly entra: EntraState;
  readonly clientSecret: ClientSecretState;
  readonly kubernetes: KubernetesState;
  /** Undefined where Azure RBAC was not asked for. */
  readonly azureAccess: AzureAccess | undefined;
}

export interface EntraState {
  readonly application: Application | undefined;
  readonly servicePrincipal: ServicePrincipal | undefined;
  readonly apis: ApiPrincipals;
  readonly consent: ConsentState;
}

/**
 * Reads all of it side by side; what depends on an answer follows that answer alone.
 * @returns the way into the cluster too, if there is one
 */
export async function observe(
  clients: Clients,
  inputs: Inputs,
): Promise<{ observation: Observation; entered: Entered | undefined }> {
  const application = observeApplication(clients.graph, inputs.application);
  const [inside, entra, ofVault, azureAccess] = await inOrder([
    observeInside(clients, inputs),
    observeEntra(clients, application),
    observeVaultAndSecret(clients, inputs, application),
    inputs.enableAzureRbac
      ? observeAzureAccess(clients.arm, clusterResourceId(clients.cluster), inputs.access.azure)
      : undefined,
  ]);
  const { cluster, entered, state: kubernetes } = inside;
  return { observation: { cluster, entra, ...ofVault, kubernetes, azureAccess }, entered };
}

async function observeInside(
  clients: Clients,
  inputs: Inputs,
): Promise<{ cluster: ClusterState; entered: Entered | undefined; state: KubernetesState }> {
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  const reading = readAhead(clients);
  const state = await observeClusterState(clients.cluster, clients.arm, inputs.creation.createCluster);
  if (state.kind !== 'present') return { cluster: state, entered: undefined, state: nothingYet };
  const { cluster } = state;
  return inCluster(
    clients.door,
    cluster,
    async (kubernetes) => ({
      cluster: state,
      entered: { cluster, kubernetes },
      state: await observeKubernetes(kubernetes, release, clients.mask),
    }),
    reading,
  );
}

/** The way to the API server, beside the look at the cluster; what it fails of matters only where it is needed. */
function readAhead({ cluster, door, mask }: Clients): Promise<Kubeconfig> | undefined {
  if (door.access === 'command') return undefined;
  const reading = readUserCredential(cluster, mask);
  reading.catch(() => undefined);
  return reading;
}

async function observeVaultAndSecret(
  clients: Clients,
  inputs: Inputs,
  application: Promise<Application | undefined>,
): Promise<{ vault: VaultState; clientSecret: ClientSecretState }> {
  if (!inputs.creation.createVault)
    return { vault: { kind: 'usable' }, clientSecret: await observeClientSecret(clients, application) };
  const vault = await observeVaultToMake(clients, inputs);
  const unknown = (kind: 'absent' | 'unseen') => ({ vault: { kind }, acceptance: undefined });
  if (vault.kind !== 'usable') return { vault, clientSecret: unknown(vault.kind === 'absent' ? 'absent' : 'unseen') };
  try {
    return { vault, clientSecret: await observeClientSecret(clients, application) };
  } catch (error) {
    if (!isWithoutRole(error)) throw error;
    return { vault: { kind: 'closed' }, clientSecret: unknown('unseen') };
  }
}

/** The vault of `create-key-vault`. */
export function observeVaultToMake({ arm, cloud, transport }: Clients, inputs: Inputs): Promise<VaultState> {
  const url = `${cloud.vaultUrl(inputs.vaultName)}/secrets?api-version=7.5`;
  return observeVault(arm, vaultAddress(inputs), () => transport.channel()({ method: 'GET', url }));
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
