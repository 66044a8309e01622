import type { Cluster } from '../../azure/cluster.ts';
import { applyClusterRoleAssignment } from '../../azure/cluster-role-assignments.ts';
import { applyClientSecret, type ClientSecret } from '../../client-secret/apply.ts';
import { convergeOidcSecret, convergeRollout } from '../../client-secret/deliver.ts';
import type { Entered } from '../../connection/connect.ts';
import type { Clients } from '../../context/clients.ts';
import { type Application, applyApplication } from '../../entra/application.ts';
import { applyConsent, consentLink, consentNotPermitted } from '../../entra/consent.ts';
import {
  type ApiPrincipals,
  createAksServerPrincipal,
  createServicePrincipal,
  observeApis,
  type ServicePrincipal,
} from '../../entra/service-principal.ts';
import { applyRelease, type HelmSession, rollBack } from '../../helm/release.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import { helmInside } from '../../helm/session.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { applyNamespace } from '../../kubernetes/namespace.ts';
import { applyRoleBinding } from '../../kubernetes/role-bindings.ts';
import { awaitRollout } from '../../kubernetes/rollout.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError } from '../../lib/errors.ts';
import { settleAll } from '../../lib/polling.ts';
import { convergeResourceGroup, convergeVault, enterCluster } from './foundation.ts';
import type { Observation } from './observe.ts';
import type { Plan, Wanted } from './plan.ts';

/** What there is after the changes. */
export interface Applied {
  readonly application: Application;
  readonly servicePrincipal: ServicePrincipal;
  readonly apis: ApiPrincipals;
  /** Refused: an administrator has to grant it by hand. */
  readonly consent: 'granted' | 'refused' | 'not asked for';
  readonly clientSecret: ClientSecret;
  readonly release: Release | undefined;
  readonly cluster: Cluster;
  readonly kubernetes: Kubernetes;
}

interface Run {
  readonly clients: Clients;
  readonly inputs: Inputs;
  readonly wanted: Wanted;
  readonly plan: Plan;
  readonly observation: Observation;
}

/**
 * Carries the plan out along its real dependencies: a cluster is made beside the vault, the registration and its
 * consent. The client secret is stored and proven before the cluster gets it; the one before it stays valid until the
 * verification.
 * @param session Helm, where the plan changes the release
 */
export async function apply(
  run: Run,
  entered: Entered | undefined,
  session: HelmSession | undefined,
): Promise<Applied> {
  await convergeResourceGroup(run.clients, run.plan);
  const entering = enterCluster(run.clients, run.inputs, run.plan, entered);
  const vault = convergeVault(run.clients, run.inputs, run.plan);
  const [{ cluster, kubernetes }, identity] = await settleAll([
    entering,
    convergeIdentity(run, { entering, vault }),
    vault,
  ]);
  if (run.plan.namespace.length > 0) await applyNamespace(kubernetes, run.inputs.namespace);
  const { clientSecret, revision } = await convergeOidcSecret(
    run.clients,
    run.inputs,
    kubernetes,
    identity.application,
    identity.clientSecret,
    run.observation.kubernetes.oidcSecret,
  );
  const [release] = await settleAll([
    convergeRelease(run, kubernetes, session, revision),
    convergeRoleBindings(run, kubernetes),
    convergeRoleAssignments(run, cluster),
  ]);
  return { ...identity, clientSecret, release, cluster, kubernetes };
}

/** @param under what is made beside this, for what has to wait for it */
async function convergeIdentity(
  run: Run,
  under: { readonly entering: Promise<Entered>; readonly vault: Promise<void> },
): Promise<Omit<Applied, 'release' | 'cluster' | 'kubernetes'>> {
  const { clients, inputs, wanted, plan } = run;
  const { entra } = run.observation;
  const apis = { ...entra.apis, kubernetes: await aksServerPrincipal(run, under.entering) };
  const application = await applyApplication(
    clients.graph,
    wanted.application,
    entra.application,
    apis,
    formerObjectId(run.observation.clientSecret),
  );
  if (plan.application.length > 0)
    clients.log.info(`App registration ${application.displayName} (${application.appId}) is as wanted`);
  const servicePrincipal = entra.servicePrincipal ?? (await createServicePrincipal(clients.graph, application.appId));
  const owner = { application, servicePrincipalId: servicePrincipal.objectId };
  const [clientSecret, consent] = await settleAll([
    under.vault.then(() => applyClientSecret(clients.secretTools, inputs, plan.clientSecret, owner)),
    convergeConsent(run, application, servicePrincipal, apis),
  ]);
  return { application, servicePrincipal, apis, consent, clientSecret };
}

/** The vault's secret tells which registration it belongs to, also after both were deleted. */
function formerObjectId({ vault }: Observation['clientSecret']): string | undefined {
  if (vault.kind === 'present') return vault.secret.applicationObjectId;
  return vault.kind === 'deleted' ? vault.applicationObjectId : undefined;
}

/** AKS brings it into the tenant with the first cluster that has Entra integration, so that one is waited for. */
async function aksServerPrincipal({ clients, plan, observation }: Run, entering: Promise<Entered>) {
  const { kubernetes } = observation.entra.apis;
  if (kubernetes) return kubernetes;
  if (plan.cluster.length > 0) await entering;
  const brought = plan.cluster.length > 0 ? (await observeApis(clients.graph)).kubernetes : undefined;
  return brought ?? createAksServerPrincipal(clients.graph);
}

async function convergeConsent(
  { clients, inputs, plan, observation }: Run,
  application: Application,
  own: ServicePrincipal,
  apis: ApiPrincipals,
): Promise<Applied['consent']> {
  if (inputs.grantAdminConsent === 'false') return 'not asked for';
  const { consent } = observation.entra;
  if (consent.kind === 'known' && plan.consent.length === 0) return 'granted';
  const outcome = consent.kind === 'unknown' ? 'not permitted' : await applyConsent(clients.graph, own, consent, apis);
  if (outcome === 'granted') return 'granted';
  const link = consentLink(clients.cloud, inputs.tenantId, application.appId);
  if (inputs.grantAdminConsent === 'true') throw consentNotPermitted(link, clients.clientId);
  return 'refused';
}

/** Ends when the pods run with the wanted chart, values and client secret. */
async function convergeRelease(
  run: Run,
  kubernetes: Kubernetes,
  session: HelmSession | undefined,
  revision: string,
): Promise<Release | undefined> {
  const { release, rollout } = run.observation.kubernetes;
  if (session) return upgrade(run, kubernetes, session, revision);
  if (rollout) await convergeRollout(run.clients, run.inputs, kubernetes, rollout, revision);
  return release;
}

/** Upgrades, and goes back to the revision before where its pods do not become ready. */
async function upgrade(
  { clients, inputs, wanted, observation }: Run,
  kubernetes: Kubernetes,
  prepared: HelmSession,
  revision: string,
): Promise<Release | undefined> {
  const { namespace, releaseName, waitTimeout } = inputs;
  const before = observation.kubernetes.release;
  const { helm, folder } = prepared;
  const cluster = await helmInside(kubernetes, async () => helm, folder, clients.mask);
  const session = { ...prepared, cluster };
  await applyRelease(session, kubernetes, wanted.release, before, revision, clients.log);
  const release = await observeRelease(kubernetes, namespace, releaseName);
  if (!release?.deployment) return release;
  try {
    await awaitRollout(kubernetes, namespace, release.deployment, milliseconds(waitTimeout), clients.log);
    return release;
  } catch (error) {
    if (before?.lastDeployed === undefined || !(error instanceof ActionError)) throw error;
    throw withUndo(error, await rollBack(session, wanted.release, before.lastDeployed));
  }
}

async function convergeRoleBindings({ plan }: Run, kubernetes: Kubernetes): Promise<void> {
  await Promise.all(plan.access.map((change) => applyRoleBinding(kubernetes, change)));
}

async function convergeRoleAssignments({ clients, inputs, plan }: Run, { id }: Cluster): Promise<void> {
  const owner = { namespace: inputs.namespace, name: inputs.releaseName };
  await Promise.all(plan.roleAssignments.map((change) => applyClusterRoleAssignment(clients.arm, id, owner, change)));
}

function withUndo(error: ActionError, undone: string): ActionError {
  const { failure } = error;
  return new ActionError({ ...failure, why: `${failure.why}\n${undone}` }, { cause: error });
}
