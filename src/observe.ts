import { type AzureAccess, observeAzureAccess } from './azure/azure-access.ts';
import { clusterResourceId } from './azure/cluster.ts';
import { type Entered, inCluster } from './azure/cluster-access.ts';
import { type ClusterState, observeClusterState } from './azure/cluster-creation.ts';
import { readUserCredential } from './azure/cluster-credentials.ts';
import { observeVault, type VaultState } from './azure/vault.ts';
import { isWithoutRole } from './azure/vault-role.ts';
import { observeVaultSecret, type VaultSecretState } from './azure/vault-secret.ts';
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
import type { HttpResponse } from './http/transport.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Kubernetes } from './kubernetes/client.ts';
import type { Kubeconfig } from './kubernetes/kubeconfig.ts';
import { type KubernetesState, nothingYet, observeKubernetes } from './kubernetes/state.ts';
import { observeSignIn } from './verify.ts';
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

/** What was seen, the way into the cluster if there is one, and Headlamp's answer to a sign-in that begins. */
export interface Observed {
  readonly observation: Observation;
  readonly entered: Entered | undefined;
  readonly signIn: HttpResponse | undefined;
}

/** Reads all of it side by side; what depends on an answer follows that answer alone. */
export async function observe(clients: Clients, inputs: Inputs): Promise<Observed> {
  const application = observeApplication(clients.graph, inputs.application);
  const ofVault = readVault(clients, inputs);
  const [inside, entra, { vault }, clientSecret, azureAccess] = await inOrder([
    observeInside(clients, inputs),
    observeEntra(clients, application, likelyAppId(inputs, ofVault)),
    ofVault,
    ofVault.then(async ({ secret }) => judgeSecret(clients.secretTools, secret, await application, new Date())),
    inputs.enableAzureRbac
      ? observeAzureAccess(clients.arm, clusterResourceId(clients.cluster), inputs.access.azure)
      : undefined,
  ]);
  const { cluster, entered, state: kubernetes, signIn } = inside;
  return { observation: { cluster, vault, entra, clientSecret, kubernetes, azureAccess }, entered, signIn };
}

interface Inside {
  readonly cluster: ClusterState;
  readonly entered: Entered | undefined;
  readonly state: KubernetesState;
  readonly signIn: HttpResponse | undefined;
}

async function observeInside(clients: Clients, inputs: Inputs): Promise<Inside> {
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  const reading = readAhead(clients);
  const cluster = await observeClusterState(clients.cluster, clients.arm, inputs.creation.createCluster);
  if (cluster.kind !== 'present') return { cluster, entered: undefined, state: nothingYet, signIn: undefined };
  const enter = async (kubernetes: Kubernetes): Promise<Inside> => {
    const state = await observeKubernetes(kubernetes, release, clients.mask);
    const signIn = await observeSignIn(kubernetes, state.release, inputs);
    return { cluster, entered: { cluster: cluster.cluster, kubernetes }, state, signIn };
  };
  return inCluster(clients.door, cluster.cluster, enter, reading);
}

/** The way to the API server, beside the look at the cluster; what it fails of matters only where it is needed. */
function readAhead({ cluster, door, mask }: Clients): Promise<Kubeconfig> | undefined {
  if (door.access === 'command') return undefined;
  const reading = readUserCredential(cluster, mask);
  for (const ahead of [reading, door.credential.getToken(cluster.cloud.scope('kubernetes'))])
    ahead.catch(() => undefined);
  return reading;
}

/** The vault and the client secret in it. One that a deployment makes, or gives itself the role on, shows none yet. */
export async function readVault(
  clients: Clients,
  inputs: Inputs,
): Promise<{ vault: VaultState; secret: VaultSecretState }> {
  const vault: VaultState = inputs.creation.createVault
    ? await observeVaultToMake(clients, inputs)
    : { kind: 'usable' };
  if (vault.kind !== 'usable') return { vault, secret: { kind: vault.kind === 'absent' ? 'absent' : 'unseen' } };
  try {
    return { vault, secret: await observeVaultSecret(clients.vault) };
  } catch (error) {
    if (!inputs.creation.createVault || !isWithoutRole(error)) throw error;
    return { vault: { kind: 'closed' }, secret: { kind: 'unseen' } };
  }
}

/** The vault of `create-key-vault`. */
function observeVaultToMake({ arm, cloud, transport }: Clients, inputs: Inputs): Promise<VaultState> {
  const url = `${cloud.vaultUrl(inputs.vaultName)}/secrets?api-version=7.5`;
  return observeVault(arm, vaultAddress(inputs), () => transport.channel()({ method: 'GET', url }));
}

/** The registration's appId before it is read: it is adopted, or the vault notes it beside the secret. */
async function likelyAppId(
  { application }: Inputs,
  ofVault: ReturnType<typeof readVault>,
): Promise<string | undefined> {
  if (application.kind === 'adopted') return application.clientId;
  const { secret } = await ofVault;
  return secret.kind === 'present' ? secret.secret.clientId : undefined;
}

/** @param likely the appId that is looked for without waiting for the registration */
async function observeEntra(
  { graph }: Clients,
  pending: Promise<Application | undefined>,
  likely: Promise<string | undefined>,
): Promise<EntraState> {
  const principalOf = async (appId: string) => {
    const servicePrincipal = await observeServicePrincipal(graph, appId);
    return { appId, servicePrincipal, consent: await observeConsent(graph, servicePrincipal) };
  };
  const early = likely.then((appId) => (appId === undefined ? undefined : principalOf(appId))).catch(() => undefined);
  const own = async () => {
    const application = await pending;
    if (!application) return { servicePrincipal: undefined, consent: await observeConsent(graph, undefined) };
    const seen = await early;
    return seen?.appId === application.appId ? seen : principalOf(application.appId);
  };
  const [{ servicePrincipal, consent }, apis] = await Promise.all([own(), observeApis(graph)]);
  return { application: await pending, servicePrincipal, apis, consent };
}

export async function observeClientSecret(
  clients: Clients,
  application: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  const [vault, found] = await inOrder([observeVaultSecret(clients.vault), application]);
  return judgeSecret(clients.secretTools, vault, found, new Date());
}
