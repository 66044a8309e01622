import { type ClusterState, clusterIn } from '../../azure/cluster-creation.ts';
import {
  type ClusterRoleAssignments,
  observeClusterRoleAssignments,
  unseenRoleAssignments,
} from '../../azure/cluster-role-assignments.ts';
import type { VaultState } from '../../azure/vault.ts';
import { checkClientSecret } from '../../client-secret/apply.ts';
import type { ClientSecretState } from '../../client-secret/rotation-due.ts';
import type { Connection } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import type { ClusterFacts } from '../../context/outcome.ts';
import { type Application, observeApplication } from '../../entra/application.ts';
import { type ConsentState, observeConsent } from '../../entra/consent.ts';
import { type ApiPrincipals, observeServicePrincipal, type ServicePrincipal } from '../../entra/service-principal.ts';
import type { HttpResponse } from '../../http/transport.ts';
import { settleAll } from '../../lib/polling.ts';
import { prefetchLikely } from '../../lib/prefetch.ts';
import { type HeadlampState, observeClusterAndHeadlamp } from './observe-cluster.ts';
import { type ObservedVault, observeVaultAndSecret } from './observe-vault.ts';

/** Everything that exists before the first write. */
export interface Observation {
  readonly cluster: ClusterState;
  readonly vault: VaultState;
  readonly entra: EntraState;
  readonly clientSecret: ClientSecretState;
  readonly headlamp: HeadlampState;
  /** Undefined if Azure RBAC was not requested, or the identity may not read them and need not. */
  readonly roleAssignments: ClusterRoleAssignments | undefined;
}

export interface EntraState {
  readonly application: Application | undefined;
  readonly servicePrincipal: ServicePrincipal | undefined;
  readonly apis: ApiPrincipals;
  readonly consent: ConsentState;
}

/** The observation, the connection if there is a cluster, and Headlamp's response to the start of a sign-in. */
export interface Observed {
  readonly observation: Observation;
  readonly connection: Connection | undefined;
  readonly signIn: HttpResponse | undefined;
}

/** For a cluster that does not exist yet, what the inputs say about it. */
export function clusterFacts({ cluster: client, inputs }: Context, { cluster }: Observation): ClusterFacts {
  const existing = clusterIn(cluster);
  if (existing) return existing;
  const kubernetesVersion = inputs.creation.createCluster?.kubernetesVersion ?? '';
  return { id: client.id, kubernetesVersion, entra: undefined };
}

/** Reads everything in parallel; a read waits only for the results that it depends on. */
export async function observe(context: Context): Promise<Observed> {
  const { arm, cluster: client, graph, inputs } = context;
  const application = observeApplication(graph, inputs.application);
  const ofVault = observeVaultAndSecret(context);
  const [ofCluster, entra, { vault }, clientSecret, roleAssignments] = await settleAll([
    observeClusterAndHeadlamp(context),
    observeEntra(context, application, ofVault),
    ofVault,
    ofVault.then(({ secret }) => checkClientSecret(context, secret, application)),
    inputs.enableAzureRbac ? observeClusterRoleAssignments(arm, client.id, inputs.access.azure) : undefined,
  ]);
  if (inputs.enableAzureRbac && !roleAssignments) context.log.info(`Stays: ${unseenRoleAssignments(client.name)}`);
  const { cluster, connection, headlamp, signIn } = ofCluster;
  return { observation: { cluster, vault, entra, clientSecret, headlamp, roleAssignments }, connection, signIn };
}

/** The vault secret records its registration and service principal: both are read without waiting for the search by name. */
async function observeEntra(
  { graph, apis, inputs }: Context,
  pending: Promise<Application | undefined>,
  ofVault: Promise<ObservedVault>,
): Promise<EntraState> {
  const { appId, servicePrincipalId } = notedIds(inputs.application, ofVault);
  const principalOf = prefetchLikely(appId, (id: string) => observeServicePrincipal(graph, id));
  const consentOf = prefetchLikely(servicePrincipalId, (id: string) => observeConsent(graph, id));
  const own = async () => {
    const application = await pending;
    const servicePrincipal = application && (await principalOf(application.appId));
    const consent = await (servicePrincipal ? consentOf(servicePrincipal.objectId) : observeConsent(graph, undefined));
    return { application, servicePrincipal, consent };
  };
  const [entra, principals] = await Promise.all([own(), apis()]);
  return { ...entra, apis: principals };
}

/** The IDs recorded with the vault secret. If they are missing, Entra is asked. */
function notedIds(input: Context['inputs']['application'], ofVault: Promise<ObservedVault>) {
  const noted = ofVault
    .then(({ secret }) => (secret.kind === 'present' ? secret.secret : undefined))
    .catch(() => undefined);
  return {
    appId: input.kind === 'adopted' ? Promise.resolve(input.clientId) : noted.then((secret) => secret?.clientId),
    servicePrincipalId: noted.then((secret) => secret?.servicePrincipalId),
  };
}
