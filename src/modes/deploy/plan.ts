import type { Cloud } from '../../azure/cloud.ts';
import { planClusterRoleAssignments, type RoleAssignmentChange } from '../../azure/cluster-role-assignments.ts';
import { type ClientSecretPlan, type ClientSecretState, planClientSecret } from '../../client-secret/plan.ts';
import {
  type Application,
  type ApplicationChange,
  planApplication,
  type WantedApplication,
} from '../../entra/application.ts';
import { type ConsentChange, planConsent } from '../../entra/consent.ts';
import { planServicePrincipals, type ServicePrincipalChange } from '../../entra/service-principal.ts';
import type { Chart } from '../../helm/chart.ts';
import { planRelease, type ReleaseChange, type WantedRelease } from '../../helm/release.ts';
import { generateValues, mergeValues } from '../../helm/values.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { type NamespaceChange, planNamespace } from '../../kubernetes/namespace.ts';
import {
  type OidcSecret,
  type OidcSecretChange,
  type OidcSettings,
  oidcSecretName,
  oidcSettings,
  planOidcSecret,
} from '../../kubernetes/oidc-secret.ts';
import { planRoleBindings, type RoleBindingChange } from '../../kubernetes/role-bindings.ts';
import { planRollout, type Rollout, type RolloutChange } from '../../kubernetes/rollout.ts';
import type { ChangeLine } from '../../lib/change.ts';
import { type FoundationPlan, planFoundation } from './foundation.ts';
import type { Observation } from './observe.ts';

/** What the inputs ask for, as far as it does not depend on what exists. */
export interface Wanted {
  readonly application: WantedApplication;
  readonly release: WantedRelease;
  /** The tag of the passwords that belong to this deployment. */
  readonly ownerTag: string;
  readonly cloud: Cloud;
}

/** The changes still to be made, by resource. Empty lists all over: there is nothing to do. */
export interface Plan extends FoundationPlan {
  readonly application: readonly ApplicationChange[];
  readonly servicePrincipals: readonly ServicePrincipalChange[];
  readonly consent: readonly ConsentChange[];
  readonly clientSecret: ClientSecretPlan;
  readonly namespace: readonly NamespaceChange[];
  readonly oidcSecret: readonly OidcSecretChange[];
  readonly release: readonly ReleaseChange[];
  readonly rollout: readonly RolloutChange[];
  readonly access: readonly RoleBindingChange[];
  readonly roleAssignments: readonly RoleAssignmentChange[];
}

export function wantedFrom(inputs: Inputs, chart: Chart, ownerTag: string, cloud: Cloud): Wanted {
  const generated = generateValues({
    secretName: oidcSecretName(inputs.releaseName),
    validatorIssuerUrl: cloud.accessTokenIssuerUrl(inputs.tenantId),
    callbackUrl: inputs.redirectUri,
    basePath: new URL(inputs.url).pathname.replace(/\/$/, ''),
    chartVersion: chart.version,
  });
  return {
    application: { input: inputs.application, redirectUris: [inputs.redirectUri, ...inputs.additionalRedirectUris] },
    release: {
      name: inputs.releaseName,
      namespace: inputs.namespace,
      chart,
      values: mergeValues(generated, inputs.userValues),
    },
    ownerTag,
    cloud,
  };
}

/** What the way of the client secret depends on. */
export interface SecretObservation {
  readonly application: Application | undefined;
  readonly clientSecret: ClientSecretState;
  readonly kubernetes: { readonly oidcSecret: OidcSecret | undefined; readonly rollout: Rollout | undefined };
}

export type RotationPlan = Pick<Plan, 'clientSecret' | 'oidcSecret' | 'rollout'>;

/** The client secret's way from the registration over the vault to the pods. */
export function planRotation(
  inputs: Inputs,
  cloud: Cloud,
  seen: SecretObservation,
  tag: string,
  now: Date,
): RotationPlan {
  const { application, kubernetes } = seen;
  const clientSecret = planClientSecret(inputs, seen.clientSecret, application, tag, now);
  const settings = knownSettings(inputs, cloud, application, clientSecret);
  const oidcSecret = planOidcSecret(oidcSecretName(inputs.releaseName), settings, kubernetes.oidcSecret);
  const revision = oidcSecret.length > 0 ? undefined : kubernetes.oidcSecret?.revision;
  return { clientSecret, oidcSecret, rollout: planRollout(kubernetes.rollout, revision) };
}

/** Compares what is wanted with what is there. No input or output: the same arguments give the same plan. */
export function plan(inputs: Inputs, wanted: Wanted, observation: Observation, now: Date): Plan {
  const { entra, kubernetes, roleAssignments } = observation;
  const seen = { application: entra.application, clientSecret: observation.clientSecret, kubernetes };
  const { clientSecret, oidcSecret, rollout } = planRotation(inputs, wanted.cloud, seen, wanted.ownerTag, now);
  const owner = { namespace: inputs.namespace, name: inputs.releaseName };
  const release = planRelease(wanted.release, kubernetes.release, kubernetes.rollout !== undefined);
  return {
    ...planFoundation(inputs, observation.cluster, observation.vault),
    application: planApplication(wanted.application, entra.application, entra.apis),
    servicePrincipals: planServicePrincipals(entra.servicePrincipal, entra.apis),
    consent: inputs.grantAdminConsent === 'false' ? [] : planConsent(entra.consent, entra.apis),
    clientSecret,
    namespace: planNamespace(inputs.namespace, kubernetes.namespaceExists),
    oidcSecret,
    release,
    // An upgrade rolls the pods by itself.
    rollout: release.length > 0 ? [] : rollout,
    access: planRoleBindings(inputs.access.kubernetes, owner, kubernetes.access),
    roleAssignments: roleAssignments ? planClusterRoleAssignments(inputs.access.azure, owner, roleAssignments) : [],
  };
}

/** All changes in the order people read them in. */
export function changesOf(plan: Plan): readonly ChangeLine[] {
  const { clientSecret, ...resources } = plan;
  const ofSecret = clientSecret.changes.filter((change) => change.action !== 'delete');
  return [
    ...resources.resourceGroup,
    ...resources.cluster,
    ...resources.vault,
    ...resources.vaultRole,
    ...resources.application,
    ...resources.servicePrincipals,
    ...resources.consent,
    ...ofSecret,
    ...resources.namespace,
    ...resources.oidcSecret,
    ...resources.release,
    ...resources.rollout,
    ...resources.access,
    ...resources.roleAssignments,
    ...clientSecret.changes.filter((change) => change.action === 'delete'),
  ].map(({ resource, action, detail }) => ({ resource, action, detail }));
}

export function changesOfRotation({ clientSecret, oidcSecret, rollout }: RotationPlan): readonly ChangeLine[] {
  const none = {
    resourceGroup: [],
    cluster: [],
    vault: [],
    vaultRole: [],
    application: [],
    servicePrincipals: [],
    consent: [],
    namespace: [],
    release: [],
    access: [],
    roleAssignments: [],
  };
  return changesOf({ ...none, clientSecret, oidcSecret, rollout });
}

/** Undefined while a secret is still to be made. */
function knownSettings(
  inputs: Inputs,
  cloud: Cloud,
  application: Application | undefined,
  { decision }: ClientSecretPlan,
): OidcSettings | undefined {
  if (decision.kind !== 'keep' || !application) return undefined;
  return oidcSettings(cloud, inputs.tenantId, application.appId, decision.secret.value, inputs.redirectUri);
}
