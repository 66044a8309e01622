import type { ArmState } from '../arm/state/state.ts';
import type { Vault } from '../arm/state/vault-model.ts';
import type { Caller } from '../entra/caller.ts';
import { VaultError } from './errors.ts';

/** Data actions by the permission's name in an access policy.
 * https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
const DATA_ACTIONS = {
  get: 'Microsoft.KeyVault/vaults/secrets/getSecret/action',
  list: 'Microsoft.KeyVault/vaults/secrets/readMetadata/action',
  set: 'Microsoft.KeyVault/vaults/secrets/setSecret/action',
  delete: 'Microsoft.KeyVault/vaults/secrets/delete',
  recover: 'Microsoft.KeyVault/vaults/secrets/recover/action',
} as const;

export type SecretPermission = keyof typeof DATA_ACTIONS;

/**
 * @param request the secret that it is about, if it is about one: roles may be assigned on a single secret
 * @throws VaultError 403 with the inner code of the kind of vault
 */
export function authorizeOn(
  vault: Vault,
  caller: Caller,
  arm: ArmState,
  { permission, secret }: { readonly permission: SecretPermission; readonly secret: string | undefined },
): void {
  const who = `appid=${caller.appId};oid=${caller.objectId};iss=https://sts.windows.net/${caller.tenantId}/`;
  if (!vault.rbac) {
    const granted = vault.accessPolicies[caller.objectId];
    if (granted?.includes(permission)) return;
    throw new VaultError(
      403,
      'Forbidden',
      `The user, group or application '${who}' does not have secrets ${permission} permission on key vault '${vault.name};location=${vault.location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
      // Azure gives both codes with these words.
      granted ? 'ForbiddenByPolicy' : 'AccessDenied',
    );
  }
  const action = DATA_ACTIONS[permission];
  const resource = secret === undefined ? vault.id : `${vault.id}/secrets/${secret}`;
  if (arm.assignments.allowsData(caller.objectId, action, resource)) return;
  const message = `Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: ${who}\r\nAction: '${action}'\r\nResource: '${resource}'\r\nAssignment: (not found)`;
  throw new VaultError(403, 'Forbidden', message, 'ForbiddenByRbac');
}
