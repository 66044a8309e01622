import type { ClusterState } from '../../azure/cluster-creation.ts';
import { lockReader, requireUnlocked } from '../../azure/locks.ts';
import type { NewCluster } from '../../azure/new-cluster.ts';
import { atEachScope, observePermissions, requirePermission } from '../../azure/permissions.ts';
import type { ResourceId } from '../../azure/resource-id.ts';
import { observeSubscription, requireEnabled } from '../../azure/subscription.ts';
import {
  observeVaultPermissions,
  requireSecretPermissions,
  type SecretPermission,
} from '../../azure/vault-permissions.ts';
import { observeVcpuQuotas, requireVcpus } from '../../azure/vcpu-quota.ts';
import type { Context } from '../../context/context.ts';
import { type Caller, holds, requireGraphPermission, tokenListsAllPermissions } from '../../entra/caller.ts';
import { consentLink, consentNotPermitted } from '../../entra/consent.ts';
import { aksServerApplicationMissing } from '../../entra/service-principal.ts';
import { settleAll } from '../../lib/polling.ts';
import type { EntraState, Observation } from './observe.ts';
import type { Plan } from './plan.ts';
import { creationsIn } from './plan-azure.ts';
import { type RequiredPermission, requiredPermissions } from './required-permissions.ts';

/**
 * Fails before the first change if one of the planned changes is known to be forbidden. Checks only the permissions
 * that the planned changes need. If Azure does not show a permission, the change itself fails if it is missing.
 * @throws ActionError graph-permission-missing, aks-server-application-missing, admin-consent-not-permitted,
 *   subscription-disabled, arm-permission-missing, linked-permission-missing, resource-locked, cluster-create-failed,
 *   vault-permission-missing
 */
export async function preflight(context: Context, plan: Plan, { cluster, entra }: Observation): Promise<void> {
  const caller = await context.graph.caller();
  if (tokenListsAllPermissions(caller)) checkGraph(context, plan, entra, caller);
  await settleAll([checkAzure(context, plan, cluster), checkVault(context, plan)]);
}

function checkGraph({ inputs, cloud, clientId }: Context, plan: Plan, entra: EntraState, caller: Caller): void {
  const changesApplication =
    plan.application.length > 0 ||
    plan.servicePrincipals.some((change) => change.of === 'application') ||
    plan.secret.decision.kind === 'replace' ||
    plan.superseded.length > 0;
  if (changesApplication)
    requireGraphPermission(caller, 'Application.ReadWrite.OwnedBy', clientId, 'Changing the app registration');
  // AKS adds it when a cluster is created or gets Entra integration.
  const addsAksServer =
    plan.cluster.length === 0 && plan.servicePrincipals.some((change) => change.of === 'aks server');
  if (addsAksServer && !holds(caller, 'Application.ReadWrite.All')) throw aksServerApplicationMissing();
  const grants = entra.consent.kind === 'unknown' || plan.consent.length > 0;
  if (inputs.grantAdminConsent !== 'true' || !grants || holds(caller, 'DelegatedPermissionGrant.ReadWrite.All')) return;
  const link = entra.application && consentLink(cloud, inputs.tenantId, entra.application.appId);
  throw consentNotPermitted(link, clientId);
}

/** Only if something in Azure changes: the reads are side by side, so they take no longer than one. */
async function checkAzure(context: Context, plan: Plan, state: ClusterState): Promise<void> {
  const { arm, cluster, clientId } = context;
  const required = requiredPermissions(plan, cluster, state).filter(({ without }) => without === undefined);
  if (required.length === 0) return;
  await settleAll([
    observeSubscription(arm, cluster.subscriptionId).then((found) => found && requireEnabled(found)),
    checkEach(
      required,
      (scope) => observePermissions(arm, scope),
      (permissions, permission) => requirePermission(permissions, permission, clientId),
    ),
    checkEach(
      required.filter(({ linked }) => !linked),
      lockReader(arm),
      (locks, permission) => requireUnlocked(locks, permission, clientId),
    ),
    ...creationsIn(plan).map((wanted) => checkQuota(context, wanted)),
  ]);
}

/** What cannot be read is left to the change itself. */
async function checkEach<Found>(
  required: readonly RequiredPermission[],
  read: (scope: ResourceId) => Promise<Found | undefined>,
  check: (found: Found, permission: RequiredPermission) => void,
): Promise<void> {
  const known = await atEachScope(required, read);
  for (const permission of required) {
    const found = known.get(permission.scope);
    if (found) check(found, permission);
  }
}

async function checkQuota({ arm, cluster }: Context, wanted: NewCluster): Promise<void> {
  const quotas = await observeVcpuQuotas(arm, cluster.subscriptionId, wanted.location);
  if (quotas) requireVcpus(cluster.name, wanted, quotas);
}

/** Skipped if the run creates the vault or assigns itself the role on it. */
async function checkVault({ arm, vault }: Context, plan: Plan): Promise<void> {
  const needed = SECRET_PERMISSIONS[plan.secret.decision.kind];
  if (needed.length === 0 || plan.vault.length > 0 || plan.vaultRole.length > 0) return;
  const permissions = await observeVaultPermissions(arm, vault);
  // This run has read the secret, so an answer without that permission is incomplete.
  if (permissions?.allows('get')) requireSecretPermissions(vault, permissions, needed);
}

/** After recover also set: Entra may no longer accept the recovered secret. */
const SECRET_PERMISSIONS: Readonly<Record<Plan['secret']['decision']['kind'], readonly SecretPermission[]>> = {
  keep: [],
  recheck: [],
  replace: ['set'],
  recover: ['recover', 'set'],
};
