import { clusterResourceId } from '../../azure/cluster.ts';
import { type ClusterState, observeClusterState } from '../../azure/cluster-creation.ts';
import { type ClusterRoleAssignments, observeClusterRoleAssignments } from '../../azure/cluster-role-assignments.ts';
import { observeVault, type VaultState, vaultAddress } from '../../azure/vault.ts';
import { isWithoutRole } from '../../azure/vault-role.ts';
import { observeVaultSecret, type VaultSecretState } from '../../azure/vault-secret.ts';
import { checkClientSecret } from '../../client-secret/apply.ts';
import type { ClientSecretState } from '../../client-secret/plan.ts';
import { type Entered, inCluster } from '../../connection/connect.ts';
import { readUserCredential } from '../../connection/credentials.ts';
import type { Kubeconfig } from '../../connection/kubeconfig.ts';
import type { Clients } from '../../context/clients.ts';
import { type Application, observeApplication } from '../../entra/application.ts';
import { type ConsentState, observeConsent } from '../../entra/consent.ts';
import {
  type ApiPrincipals,
  observeApis,
  observeServicePrincipal,
  type ServicePrincipal,
} from '../../entra/service-principal.ts';
import type { HttpResponse } from '../../http/transport.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { settleAll } from '../../lib/polling.ts';
import { observeSignIn } from '../verify.ts';
import { type KubernetesState, nothingYet, observeKubernetes } from './observe-headlamp.ts';

/** Everything that exists already, before anything is written. */
export interface Observation {
  readonly cluster: ClusterState;
  readonly vault: VaultState;
  readonly entra: EntraState;
  readonly clientSecret: ClientSecretState;
  readonly kubernetes: KubernetesState;
  /** Undefined where Azure RBAC was not asked for. */
  readonly roleAssignments: ClusterRoleAssignments | undefined;
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
  const [inside, entra, { vault }, clientSecret, roleAssignments] = await settleAll([
    observeInside(clients, inputs),
    observeEntra(clients, application, notedIds(inputs, ofVault)),
    ofVault,
    ofVault.then(({ secret }) => checkClientSecret(clients.secretTools, secret, application)),
    inputs.enableAzureRbac
      ? observeClusterRoleAssignments(clients.arm, clusterResourceId(clients.cluster), inputs.access.azure)
      : undefined,
  ]);
  const { cluster, entered, state: kubernetes, signIn } = inside;
  return { observation: { cluster, vault, entra, clientSecret, kubernetes, roleAssignments }, entered, signIn };
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
  if (vault.kind !== 'usable') return { vault, secret: { kind: vault.kind === 'absent' ? 'absent' : 'unreadable' } };
  try {
    return { vault, secret: await observeVaultSecret(clients.vault) };
  } catch (error) {
    if (!inputs.creation.createVault || !isWithoutRole(error)) throw error;
    return { vault: { kind: 'no-access' }, secret: { kind: 'unreadable' } };
  }
}

/** The vault of `create-key-vault`. */
function observeVaultToMake({ arm, cloud, transport }: Clients, inputs: Inputs): Promise<VaultState> {
  const url = `${cloud.vaultUrl(inputs.vaultName)}/secrets?api-version=7.5`;
  return observeVault(arm, vaultAddress(inputs), () => transport.channel()({ method: 'GET', url }));
}

/** Ids that are known before anything of Entra is read. */
interface NotedIds {
  readonly appId: Promise<string | undefined>;
  readonly servicePrincipal: Promise<string | undefined>;
}

/** The registration is adopted, or the vault notes it beside the secret. What the vault cannot tell, Entra is asked for. */
function notedIds({ application }: Inputs, ofVault: ReturnType<typeof readVault>): NotedIds {
  const noted = ofVault
    .then(({ secret }) => (secret.kind === 'present' ? secret.secret : undefined))
    .catch(() => undefined);
  return {
    appId:
      application.kind === 'adopted' ? Promise.resolve(application.clientId) : noted.then((secret) => secret?.clientId),
    servicePrincipal: noted.then((secret) => secret?.servicePrincipalId),
  };
}

/** @param noted what is looked for without waiting for the registration, and counts where it turns out to be right */
async function observeEntra(
  { graph }: Clients,
  pending: Promise<Application | undefined>,
  noted: NotedIds,
): Promise<EntraState> {
  const principal = early(noted.appId, (appId) => observeServicePrincipal(graph, appId));
  const grants = early(noted.servicePrincipal, (id) => observeConsent(graph, id));
  const own = async () => {
    const application = await pending;
    const servicePrincipal = application && (await principal(application.appId));
    const consent = await (servicePrincipal ? grants(servicePrincipal.objectId) : observeConsent(graph, undefined));
    return { application, servicePrincipal, consent };
  };
  const [entra, apis] = await Promise.all([own(), observeApis(graph)]);
  return { ...entra, apis };
}

/** Looks for what is likely to be asked for, beforehand. That it fails counts only where it is asked for. */
function early<Found>(
  likely: Promise<string | undefined>,
  look: (id: string) => Promise<Found>,
): (id: string) => Promise<Found> {
  const ahead = likely.then((id) => {
    if (id === undefined) return undefined;
    const found = look(id);
    found.catch(() => undefined);
    return { id, found };
  });
  return async (id) => {
    const seen = await ahead;
    return seen?.id === id ? seen.found : look(id);
  };
}
