import type { Holder } from '../../azure/access-rule.ts';
import { planClusterRoleAssignments, type RoleAssignmentChange } from '../../azure/cluster-role-assignments.ts';
import type { ClientSecretChange, ClientSecretPlan } from '../../client-secret/plan.ts';
import { planRotation } from '../../client-secret/plan-rotation.ts';
import type { Context } from '../../context/context.ts';
import {
  type Application,
  type ApplicationChange,
  planApplication,
  type WantedApplication,
  wantedApplication,
} from '../../entra/application.ts';
import { type ConsentChange, planConsent } from '../../entra/consent.ts';
import { planServicePrincipals, type ServicePrincipalChange } from '../../entra/service-principal.ts';
import type { Chart } from '../../helm/chart.ts';
import { planRelease, type ReleaseChange } from '../../helm/release.ts';
import type { DeploymentState, WantedRelease } from '../../helm/release-state.ts';
import { generateValues, mergeValues } from '../../helm/values.ts';
import { valuesForOthers } from '../../helm/values-for-others.ts';
import { type NamespaceChange, planNamespace } from '../../kubernetes/namespace.ts';
import { type OidcSecretChange, oidcSecretName, oidcSettings } from '../../kubernetes/oidc-secret.ts';
import { planRoleBindings, type RoleBinding, type RoleBindingChange } from '../../kubernetes/role-bindings.ts';
import type { Rollout, RolloutChange } from '../../kubernetes/rollout.ts';
import { type ChangeLine, changesInOrder } from '../../lib/change.ts';
import type { JsonRecord } from '../../lib/json.ts';
import type { Observation } from './observe.ts';
import { type AzurePlan, planAzure } from './plan-azure.ts';

/** The part of the context that planning uses: nothing in it can send a request. */
export type PlanContext = Pick<
  Context,
  'inputs' | 'cloud' | 'tenantId' | 'cluster' | 'vault' | 'release' | 'ownerTag' | 'redirectUri' | 'basePath'
>;

/** The part of the wanted state that does not depend on what exists. */
export interface Wanted {
  readonly application: WantedApplication;
  readonly release: WantedRelease;
}

/** The keys of a plan's lists, in the order in which people read them. */
const PLAN_KEYS = [
  'resourceGroup',
  'cluster',
  'vault',
  'vaultRole',
  'application',
  'servicePrincipals',
  'consent',
  'clientSecret',
  'namespace',
  'oidcSecret',
  'release',
  'rollout',
  'roleBindings',
  'roleAssignments',
  'superseded',
] as const;

interface ChangeTypes extends AzurePlan {
  readonly application: readonly ApplicationChange[];
  readonly servicePrincipals: readonly ServicePrincipalChange[];
  readonly consent: readonly ConsentChange[];
  readonly clientSecret: readonly ClientSecretChange[];
  readonly namespace: readonly NamespaceChange[];
  readonly oidcSecret: readonly OidcSecretChange[];
  readonly release: readonly ReleaseChange[];
  readonly rollout: readonly RolloutChange[];
  readonly roleBindings: readonly RoleBindingChange[];
  readonly roleAssignments: readonly RoleAssignmentChange[];
  /** Passwords to be removed at the end. */
  readonly superseded: readonly ClientSecretChange[];
}

type Changes = { readonly [Key in (typeof PLAN_KEYS)[number]]: ChangeTypes[Key] };

/** The changes still to be made, by resource. If every list is empty, there is nothing to do. */
export interface Plan extends Changes {
  /** The decision about the client secret; `clientSecret` and `superseded` show it to people. */
  readonly secret: ClientSecretPlan;
}

export function wantedFrom(context: PlanContext, chart: Chart): Wanted {
  const { inputs, release } = context;
  const values = mergeValues(generateValues(generatedFrom(context, chart.version)), inputs.userValues);
  return { application: wantedApplication(context), release: { ...release, chart, values } };
}

function generatedFrom({ cloud, tenantId, release, redirectUri, basePath }: PlanContext, chartVersion: string) {
  return {
    secretName: oidcSecretName(release.name),
    validatorIssuerUrl: cloud.accessTokenIssuerUrl(tenantId),
    callbackUrl: redirectUri,
    basePath,
    chartVersion,
  };
}

/** The values of a release that others deploy; undefined if this run deploys it, or there is no registration yet. */
export function valuesOfOthers(context: PlanContext, application: Application | undefined): JsonRecord | undefined {
  const { inputs } = context;
  if (inputs.delivery === 'helm' || !application) return undefined;
  const generated = generatedFrom(context, inputs.chartVersion);
  return valuesForOthers(generated, oidcSettings(context, application.appId, ''), inputs.userValues);
}

/** Compares the wanted state with the observed one. Pure: the same arguments give the same plan. */
export function plan(context: PlanContext, wanted: Wanted, observation: Observation, now: Date): Plan {
  const { inputs, release: name } = context;
  const { entra, headlamp, clientSecret, roleAssignments } = observation;
  const rotation = planRotation(context, { application: entra.application, clientSecret, headlamp }, now);
  return {
    ...planAzure(context, observation.cluster, observation.vault),
    ...rotation,
    application: planApplication(wanted.application, entra.application, entra.apis),
    servicePrincipals: planServicePrincipals(entra.servicePrincipal, entra.apis),
    consent: inputs.grantAdminConsent === 'false' ? [] : planConsent(entra.consent, entra.apis),
    roleAssignments: roleAssignments ? planClusterRoleAssignments(inputs.access.azure, name, roleAssignments) : [],
    ...(inputs.delivery === 'vault' ? NOTHING_IN_CLUSTER : planInCluster(context, wanted, headlamp, rotation)),
  };
}

type InCluster = Pick<ChangeTypes, 'namespace' | 'oidcSecret' | 'release' | 'rollout' | 'roleBindings'>;

const NOTHING_IN_CLUSTER: InCluster = { namespace: [], oidcSecret: [], release: [], rollout: [], roleBindings: [] };

/** Undefined if nobody has rights in some namespaces only. */
function namespaceReaders({ access, listNamespaces }: Context['inputs']): readonly Holder[] | undefined {
  const rules = (listNamespaces ? [...access.kubernetes, ...access.azure] : access.kubernetes).filter(
    ({ namespace }) => namespace !== undefined,
  );
  if (rules.length === 0) return undefined;
  const holders = listNamespaces ? rules.flatMap((rule) => rule.holders) : [];
  return [...new Map(holders.map((holder) => [holder.objectId, holder])).values()];
}

function planInCluster(
  { inputs, release: name }: PlanContext,
  wanted: Wanted,
  headlamp: Observation['headlamp'],
  rotation: Pick<InCluster, 'oidcSecret' | 'rollout'>,
): InCluster {
  const release = planRelease(wanted.release, headlamp.release, deploymentState(headlamp.rollout));
  return {
    namespace: planNamespace({ name: name.namespace, labels: inputs.namespaceLabels }, headlamp.namespace),
    oidcSecret: rotation.oidcSecret,
    release,
    // A Helm upgrade restarts the pods anyway.
    rollout: release.length > 0 ? [] : rotation.rollout,
    roleBindings: planBindings({ inputs, release: name }, headlamp.roleBindings),
  };
}

export function planBindings(
  { inputs, release }: Pick<Context, 'inputs' | 'release'>,
  observed: readonly RoleBinding[],
): readonly RoleBindingChange[] {
  return planRoleBindings(inputs.access.kubernetes, namespaceReaders(inputs), release, observed);
}

function deploymentState(rollout: Rollout | undefined): DeploymentState {
  if (!rollout) return 'gone';
  return rollout.restored ? 'restored' : 'as released';
}

/** All changes, in the order in which people read them. */
export const changesOf = (changes: Partial<Changes>): readonly ChangeLine[] => changesInOrder(PLAN_KEYS, changes);
