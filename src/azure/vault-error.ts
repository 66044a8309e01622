import { RestError } from '@azure/core-rest-pipeline';
import { PROXY_REFUSED } from '../http/agents.ts';
import { ActionError, type Failure, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import type { VaultClient } from './vault-client.ts';

/** Key Vault's answer to a request that it refused. */
export interface VaultRefusal {
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** For example ForbiddenByRbac. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
  readonly innerCode: string | undefined;
  readonly message: string;
}

export function vaultRefusal(error: unknown): VaultRefusal {
  if (!(error instanceof RestError))
    return { status: undefined, code: undefined, innerCode: undefined, message: messageOf(error) };
  return {
    status: error.statusCode,
    code: stringAt(error.details, 'error', 'code') ?? error.code,
    // As the SDK has it, and as the vault has it.
    innerCode:
      stringAt(error.details, 'error', 'innerError', 'code') ?? stringAt(error.details, 'error', 'innererror', 'code'),
    message: stringAt(error.details, 'error', 'message') ?? error.message,
  };
}

export type VaultRequest = 'Reading' | 'Reading the properties of' | 'Writing' | 'Deleting';

/**
 * Turns an error of Key Vault into an ActionError: vault-not-found, vault-firewall, vault-secret-not-recoverable,
 * vault-permission-missing or request-failed.
 */
export function toVaultActionError(error: unknown, client: VaultClient, doing: VaultRequest): ActionError {
  if (error instanceof ActionError) return error;
  const refusal = vaultRefusal(error);
  const what = `${doing} secret ${client.secretName} in vault ${client.vaultName} failed`;
  const failure = (
    id: 'vault-not-found' | 'vault-firewall' | 'vault-secret-not-recoverable' | 'request-failed',
    fix: Fix,
  ) => new ActionError({ id, what, why: refusal.message, fix }, { cause: error });
  if (unknownHost(refusal)) {
    return failure(
      'vault-not-found',
      fix`correct key-vault-name, set create-key-vault to true, or create the vault (az keyvault create --name ${client.vaultName} --resource-group GROUP --enable-rbac-authorization); if it was deleted, recover it: az keyvault recover --name ${client.vaultName}`,
    );
  }
  if (refusal.innerCode === 'ForbiddenByFirewall' || refusal.innerCode === 'ForbiddenByConnection') {
    return failure(
      'vault-firewall',
      fix`run the job on a runner in a network that the vault allows, or allow this runner: az keyvault network-rule add --name ${client.vaultName} --ip-address RUNNER_IP`,
    );
  }
  if (/^ObjectIs(DeletedButRecoverable|BeingDeleted|BeingRecovered)$/.test(refusal.innerCode ?? '')) {
    return failure(
      'vault-secret-not-recoverable',
      fix`az keyvault secret recover --vault-name ${client.vaultName} --name ${client.secretName}`,
    );
  }
  const missing = { what, why: refusal.message, ofValue: doing !== 'Reading the properties of' };
  if (refusal.innerCode === 'ForbiddenByPolicy' || refusal.innerCode === 'AccessDenied') {
    return vaultPermissionMissing(client, 'policy', missing, error);
  }
  if (refusal.status === 401 || refusal.status === 403) {
    return vaultPermissionMissing(client, 'role', missing, error);
  }
  return failure('request-failed', fix`run the job again; it resumes where it stopped.`);
}

/** `ofValue`: whether it was not only about the secret's properties. */
type MissingPermission = Pick<Failure, 'what' | 'why'> & { readonly ofValue: boolean };

/** @param kind what controls access to this vault: roles, or access policies if it has no RBAC */
export function vaultPermissionMissing(
  { clientId, vaultName, secretName }: VaultClient,
  kind: 'role' | 'policy',
  { what, why, ofValue }: MissingPermission,
  cause?: unknown,
): ActionError {
  const grant =
    kind === 'policy'
      ? fix`az keyvault set-policy --name ${vaultName} --spn ${clientId} --secret-permissions ${ofValue ? fix`get list set delete recover` : fix`list`}`
      : fix`az role assignment create --assignee ${clientId} --role "${ofValue ? fix`Key Vault Secrets Officer` : fix`Key Vault Reader`}" --scope "$(az keyvault show --name ${vaultName} --query id --output tsv)/secrets/${secretName}"`;
  return new ActionError({ id: 'vault-permission-missing', what, why, fix: grant }, { cause });
}

/** A vault that does not exist has no DNS name, so a proxy cannot connect to it either. */
function unknownHost(refusal: VaultRefusal): boolean {
  return refusal.code === 'ENOTFOUND' || refusal.code === PROXY_REFUSED;
}
