import type { ClusterState } from '../../azure/cluster-creation.ts';
import { observePermissions, requirePermission } from '../../azure/permissions.ts';
import {
  observeVaultPermissions,
  requireSecretPermissions,
  type SecretPermission,
} from '../../azure/vault-permissions.ts';
import type { Context } from '../../context/context.ts';
import { type Caller, holds, requireGraphPermission, tokenListsAllPermissions } from '../../entra/caller.ts';
import { consentLink, consentNotPermitted } from '../../entra/consent.ts';
import { aksServerApplicationMissing } from '../../entra/service-principal.ts';
import { settleAll } from '../../lib/polling.ts';
import type { EntraState, Observation } from './observe.ts';
import type { Plan } from './plan.ts';
import { requiredPermissions } from './required-permissions.ts';

/**
 * Fails before the first change if one of them is known to be not permitted. Checks only the permissions that the planned
 * changes need. If Azure does not show a permission, the change itself fails if it is missing.
 * @throws ActionError graph-permission-missing, aks-server-application-missing, admin-consent-not-permitted,
 *   arm-permission-missing, linked-permission-missing, vault-permission-missing
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

async function checkAzure({ arm, cluster, clientId }: Context, plan: Plan, state: ClusterState): Promise<void> {
  const required = requiredPermissions(plan, cluster, state);
  const scopes = [...new Set(required.map(({ scope }) => scope))];
  const known = new Map(
    await settleAll(scopes.map(async (scope) => [scope, await observePermissions(arm, scope)] as const)),
  );
  for (const permission of required) {
    const permissions = known.get(permission.scope);
    if (permissions) requirePermission(permissions, permission, clientId);
  }
}

/** Skipped if the run creates the vault or assigns itself the role on it. */
async function checkVault({ arm, vault }: Context, plan: Plan): Promise<void> {
  const needed = SECRET_PERMISSIONS[plan.secret.decision.kind];
  if (needed.length === 0 || plan.vault.length > 0 || plan.vaultRole.length > 0) return;
  const permissions = await observeVaultPermissions(arm, vault);
  // This run has read the secret: an answer that does not permit even that leaves something out.
  if (permissions?.allows('get')) requireSecretPermissions(vault, permissions, needed);
}

/** After recover also set: Entra may no longer accept the recovered secret. */
const SECRET_PERMISSIONS: Readonly<Record<Plan['secret']['decision']['kind'], readonly SecretPermission[]>> = {
  keep: [],
  recheck: [],
  replace: ['set'],
  recover: ['recover', 'set'],
};
