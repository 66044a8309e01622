import { applyClusterRoleAssignment } from '../../azure/cluster-role-assignments.ts';
import { applyClientSecret, type ClientSecret } from '../../client-secret/apply.ts';
import { deliverToCluster } from '../../client-secret/deliver.ts';
import { recordedClientIds } from '../../client-secret/plan-rotation.ts';
import type { Connection } from '../../connection/connect.ts';
import type { ClusterFacts } from '../../context/outcome.ts';
import { type Application, updateApplication } from '../../entra/application.ts';
import { createApplication } from '../../entra/application-creation.ts';
import { applyConsent, consentLink, consentNotPermitted } from '../../entra/consent.ts';
import { retryOnReplicationLag } from '../../entra/graph.ts';
import { assertApplicationOurs } from '../../entra/ownership.ts';
import {
  type ApiPrincipals,
  createAksServerPrincipal,
  createServicePrincipal,
  observeApis,
  type ServicePrincipal,
} from '../../entra/service-principal.ts';
import { assertRecordsOurs } from '../../helm/recorded-objects.ts';
import type { Release } from '../../helm/release-record.ts';
import { warnOfMissingRoles } from '../../kubernetes/missing-roles.ts';
import { applyNamespace } from '../../kubernetes/namespace.ts';
import { applyRoleBindings } from '../../kubernetes/role-bindings.ts';
import { milliseconds } from '../../lib/duration.ts';
import { settleAll } from '../../lib/polling.ts';
import { convergeCluster, convergeClusterAndConnect, convergeResourceGroup, convergeVault } from './apply-azure.ts';
import { convergeRelease } from './apply-release.ts';
import { clusterFacts, type Observation } from './observe.ts';
import type { Work } from './work.ts';

/** The state after the changes. */
export interface Applied extends Identity {
  readonly release: Release | undefined;
  readonly cluster: ClusterFacts;
  /** Undefined if the run ends at Key Vault. */
  readonly connection: Connection | undefined;
}

interface Identity {
  readonly application: Application;
  readonly servicePrincipal: ServicePrincipal;
  readonly apis: ApiPrincipals;
  /** missing: an administrator has to grant it. unknown: the identity may not read whether one has. */
  readonly consent: 'granted' | 'missing' | 'unknown' | 'not asked for';
  readonly clientSecret: ClientSecret;
}

/**
 * Applies the plan along its real dependencies: the cluster is created in parallel with the vault, the registration and
 * its consent. The client secret is stored and tested before the cluster gets it. The previous one stays valid until
 * Headlamp is verified.
 */
export async function apply(work: Work, observed: Connection | undefined): Promise<Applied> {
  await convergeResourceGroup(work.context, work.plan);
  return work.context.inputs.delivery === 'vault' ? applyUpToVault(work) : applyUpToPods(work, observed);
}

/** With delivery vault: nothing is sent to the API server. */
async function applyUpToVault(work: Work): Promise<Applied> {
  const { context, plan, observation } = work;
  const connecting =
    plan.cluster.length === 0 ? Promise.resolve(clusterFacts(context, observation)) : convergeCluster(context, plan);
  const vault = convergeVault(context, plan);
  const [cluster, identity] = await settleAll([connecting, convergeIdentity(work, { connecting, vault }), vault]);
  await convergeRoleAssignments(work, cluster);
  return { ...identity, release: undefined, cluster, connection: undefined };
}

async function applyUpToPods(work: Work, observed: Connection | undefined): Promise<Applied> {
  const { context, plan, observation } = work;
  const connecting = convergeClusterAndConnect(context, plan, observed);
  const vault = convergeVault(context, plan);
  const [connection, identity] = await settleAll([connecting, convergeIdentity(work, { connecting, vault }), vault]);
  const { kubernetes } = connection;
  const patience = { timeoutMs: milliseconds(context.inputs.waitTimeout), log: context.log };
  for (const change of plan.namespace) await applyNamespace(kubernetes, change, patience);
  const { oidcSecret } = observation.headlamp;
  const [{ clientSecret, secretRevision }] = await settleAll([
    deliverToCluster(context, kubernetes, identity, oidcSecret),
    // Again, as minutes may have passed since the plan: Helm reads them next.
    plan.release.length === 0 ? undefined : assertRecordsOurs(kubernetes, context.release),
  ]);
  const cluster = await connection.cluster();
  const [release] = await settleAll([
    convergeRelease(work, connection, secretRevision),
    applyRoleBindings(kubernetes, context.release, plan.roleBindings),
    warnOfMissingRoles(kubernetes, context.release, plan.roleBindings, context.log),
    convergeRoleAssignments(work, cluster),
  ]);
  return { ...identity, clientSecret, release, cluster, connection };
}

/** @param meanwhile work in parallel that some of the steps wait for */
async function convergeIdentity(
  work: Work,
  meanwhile: { readonly connecting: Promise<unknown>; readonly vault: Promise<void> },
): Promise<Identity> {
  const { context, plan, observation } = work;
  const { graph, log } = context;
  const { entra } = observation;
  const apis = { ...entra.apis, kubernetes: await aksServerPrincipal(work, meanwhile.connecting) };
  const application = await convergeApplication(work, apis);
  if (plan.application.length > 0)
    log.info(`App registration ${application.displayName} (${application.appId}) is up to date`);
  const servicePrincipal = entra.servicePrincipal ?? (await createServicePrincipal(graph, application));
  const owner = { application, servicePrincipalId: servicePrincipal.objectId };
  const [clientSecret, consent] = await settleAll([
    meanwhile.vault.then(() => applyClientSecret(context, plan.secret, owner)),
    convergeConsent(work, application, servicePrincipal, apis),
  ]);
  return { application, servicePrincipal, apis, consent, clientSecret };
}

/** If this run did not create the registration, somebody else may have created it first. */
async function convergeApplication({ context, wanted, observation }: Work, apis: ApiPrincipals): Promise<Application> {
  const { graph } = context;
  const { application } = observation.entra;
  if (application) return updateApplication(graph, wanted.application, application, apis);
  const former = formerObjectId(observation.clientSecret);
  const { application: found, isNew } = await createApplication(graph, wanted.application, former, apis);
  if (isNew) return found;
  await assertApplicationOurs(graph, wanted.application, found, recordedClientIds(observation));
  return retryOnReplicationLag(() => updateApplication(graph, wanted.application, found, apis));
}

/** The vault's secret tells which registration it belongs to, also after both were deleted. */
function formerObjectId({ vault }: Observation['clientSecret']): string | undefined {
  if (vault.kind === 'present') return vault.secret.applicationObjectId;
  return vault.kind === 'deleted' ? vault.applicationObjectId : undefined;
}

/** AKS adds it to the tenant with the first cluster that has Entra integration, so this waits for that cluster. */
async function aksServerPrincipal({ context, plan, observation }: Work, connecting: Promise<unknown>) {
  const { kubernetes } = observation.entra.apis;
  if (kubernetes) return kubernetes;
  if (plan.cluster.length > 0) await connecting;
  const brought = plan.cluster.length > 0 ? (await observeApis(context.graph)).kubernetes : undefined;
  return brought ?? createAksServerPrincipal(context.graph);
}

async function convergeConsent(
  { context, plan, observation }: Work,
  application: Application,
  own: ServicePrincipal,
  apis: ApiPrincipals,
): Promise<Identity['consent']> {
  const { inputs, graph, cloud, clientId } = context;
  if (inputs.grantAdminConsent === 'false') return 'not asked for';
  const { consent } = observation.entra;
  if (consent.kind === 'known' && plan.consent.length === 0) return 'granted';
  const outcome = consent.kind === 'unknown' ? 'not permitted' : await applyConsent(graph, own, consent, apis);
  if (outcome === 'granted') return 'granted';
  const link = consentLink(cloud, inputs.tenantId, application.appId);
  if (inputs.grantAdminConsent === 'true') throw consentNotPermitted(link, clientId);
  return consent.kind === 'unknown' ? 'unknown' : 'missing';
}

async function convergeRoleAssignments({ context, plan }: Work, { id }: ClusterFacts): Promise<void> {
  const { arm, release } = context;
  await settleAll(plan.roleAssignments.map((change) => applyClusterRoleAssignment(arm, id, release, change)));
}
