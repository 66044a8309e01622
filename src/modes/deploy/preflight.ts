import { observePermissions, requirePermission } from '../../azure/permissions.ts';
import { vaultAddress } from '../../azure/vault.ts';
import {
  observeVaultPermissions,
  requireSecretPermissions,
  type SecretPermission,
} from '../../azure/vault-permissions.ts';
import type { Clients } from '../../context/clients.ts';
import { type Caller, holds, tokenListsAllPermissions } from '../../entra/caller.ts';
import { consentLink, consentNotPermitted } from '../../entra/consent.ts';
import { requireGraphPermission } from '../../entra/graph.ts';
import { aksServerApplicationMissing } from '../../entra/service-principal.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { settleAll } from '../../lib/polling.ts';
import type { EntraState } from './observe.ts';
import type { Plan } from './plan.ts';
import { requiredPermissions } from './required-permissions.ts';

/**
 * Refuses changes that are known to be not permitted, before the first of them is made. Only the permissions that these
 * very changes take are looked at; where Azure does not show them, the change itself will tell.
 * @throws ActionError graph-permission-missing, aks-server-application-missing, admin-consent-not-permitted,
 *   arm-permission-missing, vault-permission-missing
 */
export async function preflight(clients: Clients, inputs: Inputs, plan: Plan, entra: EntraState): Promise<void> {
  const caller = await clients.graph.caller();
  if (tokenListsAllPermissions(caller)) checkGraph(clients, inputs, plan, entra, caller);
  await settleAll([checkAzure(clients, plan), checkVault(clients, inputs, plan)]);
}

function checkGraph(clients: Clients, inputs: Inputs, plan: Plan, entra: EntraState, caller: Caller): void {
  const { clientId } = clients.cluster;
  const { decision, superseded } = plan.clientSecret;
  const changesApplication =
    plan.application.length > 0 ||
    plan.servicePrincipals.some((change) => change.of === 'application') ||
    decision.kind === 'replace' ||
    superseded.length > 0;
  if (changesApplication)
    requireGraphPermission(caller, 'Application.ReadWrite.OwnedBy', clientId, 'Changing the app registration');
  // A cluster that is made or gets Entra integration brings it along.
  const addsAksServer =
    plan.cluster.length === 0 && plan.servicePrincipals.some((change) => change.of === 'aks server');
  if (addsAksServer && !holds(caller, 'Application.ReadWrite.All')) throw aksServerApplicationMissing();
  const grants = entra.consent.kind === 'unknown' || plan.consent.length > 0;
  if (inputs.grantAdminConsent !== 'true' || !grants || holds(caller, 'DelegatedPermissionGrant.ReadWrite.All')) return;
  const link = entra.application && consentLink(clients.cloud, inputs.tenantId, entra.application.appId);
  throw consentNotPermitted(link, clientId);
}

async function checkAzure(clients: Clients, plan: Plan): Promise<void> {
  const required = requiredPermissions(plan, clients);
  const scopes = [...new Set(required.map(({ scope }) => scope))];
  const known = new Map(
    await settleAll(scopes.map(async (scope) => [scope, await observePermissions(clients.arm, scope)] as const)),
  );
  for (const permission of required) {
    const permissions = known.get(permission.scope);
    if (permissions) requirePermission(permissions, permission, clients.clientId);
  }
}

/** A vault that the run itself makes or opens lets it in afterwards. */
async function checkVault({ arm, vault }: Clients, inputs: Inputs, plan: Plan): Promise<void> {
  const needed = SECRET_PERMISSIONS[plan.clientSecret.decision.kind];
  if (needed.length === 0 || plan.vault.length > 0 || plan.vaultRole.length > 0) return;
  const access = await observeVaultPermissions(arm, vaultAddress(inputs));
  if (access) requireSecretPermissions(vault, access, needed);
}

/** A recovered secret may turn out not to be good any more. */
const SECRET_PERMISSIONS: Readonly<Record<Plan['clientSecret']['decision']['kind'], readonly SecretPermission[]>> = {
  keep: [],
  recheck: [],
  replace: ['set'],
  recover: ['recover', 'set'],
};
