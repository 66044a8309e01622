/** What a refusal of Key Vault is about. */
export type VaultMeaning = 'role' | 'access policy' | 'network' | 'deleted secret' | 'throttled';

/**
 * The codes that this action knows, most of them inner ones. One that is not here ends a run with Key Vault's own code and words.
 * https://learn.microsoft.com/azure/key-vault/general/rest-error-codes
 */
export const VAULT_CODES: Readonly<Record<string, VaultMeaning>> = {
  ForbiddenByRbac: 'role',
  ForbiddenByPolicy: 'access policy',
  AccessDenied: 'access policy',
  ForbiddenByFirewall: 'network',
  ForbiddenByConnection: 'network',
  ObjectIsDeletedButRecoverable: 'deleted secret',
  ObjectIsBeingDeleted: 'deleted secret',
  ObjectIsBeingRecovered: 'deleted secret',
  Throttled: 'throttled',
};

/** Words under the same codes that no role or access policy would change. */
export const NO_PERMISSION = /on-behalf-of|first party service/i;
