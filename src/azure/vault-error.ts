import { RestError } from '@azure/core-rest-pipeline';
import { type NetworkCause, unanswered } from '../http/network-cause.ts';
import { ActionError, type ErrorId, type Failure, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import type { VaultClient } from './vault-client.ts';
import { NO_PERMISSION, VAULT_CODES, type VaultMeaning } from './vault-codes.ts';

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
    // The code as the SDK has it, and as the vault has it.
    innerCode:
      stringAt(error.details, 'error', 'innerError', 'code') ?? stringAt(error.details, 'error', 'innererror', 'code'),
    message: stringAt(error.details, 'error', 'message') ?? error.message,
  };
}

export type VaultRequest = 'Reading' | 'Reading the properties of' | 'Writing' | 'Deleting';

/**
 * Turns an error of Key Vault into an ActionError: vault-unreachable, vault-firewall, vault-secret-not-recoverable,
 * vault-permission-missing, or request-failed with Key Vault's own code and words.
 */
export function toVaultActionError(error: unknown, client: VaultClient, doing: VaultRequest): ActionError {
  if (error instanceof ActionError) return error;
  const silent = unanswered(error);
  if (silent) return vaultUnreachable(client, silent, error);
  const refusal = vaultRefusal(error);
  const { vaultName, secretName } = client;
  const what = `${doing} secret ${secretName} in vault ${vaultName} failed`;
  const failure = (id: ErrorId, fix: Fix, why = refusal.message) =>
    new ActionError({ id, what, why, fix }, { cause: error });
  const missing = { what, why: refusal.message, ofValue: doing !== 'Reading the properties of' };
  switch (meaningOf(refusal)) {
    case 'role':
      return vaultPermissionMissing(client, 'role', missing, error);
    case 'access policy':
      return vaultPermissionMissing(client, 'policy', missing, error);
    case 'network':
      return failure(
        'vault-firewall',
        fix`run the job on a runner in a network that the vault allows, or allow this runner: az keyvault network-rule add --name ${vaultName} --ip-address RUNNER_IP`,
      );
    case 'deleted secret':
      return failure(
        'vault-secret-not-recoverable',
        fix`az keyvault secret recover --vault-name ${vaultName} --name ${secretName}`,
      );
    case 'throttled':
      return failure(
        'request-failed',
        fix`run the job again later. Others send this vault too many requests (portal: the vault, Insights), or give Headlamp a vault of its own: key-vault-name.`,
        `Throttled: ${refusal.message}`,
      );
    default: {
      const code = refusal.innerCode ?? refusal.code;
      const why = code === undefined ? refusal.message : `${code}: ${refusal.message}`;
      return failure('request-failed', fix`run the job again; it resumes where it stopped.`, why);
    }
  }
}

/** The same. If the vault's host does not answer, asks Resource Manager whether the vault exists. */
export async function explainVaultError(
  error: unknown,
  client: VaultClient,
  doing: VaultRequest,
): Promise<ActionError> {
  const explained = toVaultActionError(error, client, doing);
  if (explained.failure.id !== 'vault-unreachable') return explained;
  const place = await client.lookUp().catch(() => 'unknown' as const);
  const { why, fix: way } = explained.failure;
  // A proxy that refuses a host by a rule of its own does not know whether it exists.
  const isGone = place === 'absent' || place === 'deleted' || (place === 'not seen' && !/ answered 40[37] /.test(why));
  if (!isGone) return vaultUnreachable(client, { what: `${why}. ${PLACES[place]}`, fix: way }, error);
  const { vaultName } = client;
  return new ActionError(
    {
      id: 'vault-not-found',
      what: `There is no vault ${vaultName}`,
      why: `${why}. ${PLACES[place]}`,
      fix: fix`correct key-vault-name, set create-key-vault to true, or create the vault (az keyvault create --name ${vaultName} --resource-group GROUP --enable-rbac-authorization); if it was deleted, recover it: az keyvault recover --name ${vaultName}`,
    },
    { cause: error },
  );
}

const PLACES = {
  known: 'Azure Resource Manager knows the vault, so it exists; the name of a new one may take minutes to resolve',
  deleted: 'Azure Resource Manager knows it as deleted',
  absent: 'Azure Resource Manager knows no vault of this name',
  'not seen': "Azure Resource Manager knows no such vault in the cluster's resource group",
  unknown: 'The identity may not ask Azure Resource Manager whether it exists',
} as const;

function vaultUnreachable({ vaultName, secrets }: VaultClient, silent: NetworkCause, cause: unknown): ActionError {
  const what = `Vault ${vaultName} could not be reached at ${new URL(secrets.vaultUrl).hostname}`;
  return new ActionError({ id: 'vault-unreachable', what, why: silent.what, fix: silent.fix }, { cause });
}

export function vaultTenantMismatch(tenant: string, home: string): ActionError {
  return new ActionError({
    id: 'vault-tenant-mismatch',
    what: `The key vault belongs to tenant ${tenant}, and the deploying identity to tenant ${home}`,
    why: 'A vault accepts identities of its own tenant only',
    fix: fix`set key-vault-name to a vault of tenant ${home}; if the subscription was moved there from another tenant, move the vault: az keyvault update --name VAULT --set properties.tenantId=${home}`,
  });
}

function meaningOf({ code, innerCode = code ?? '', message }: VaultRefusal): VaultMeaning | undefined {
  if (NO_PERMISSION.test(message)) return undefined;
  return Object.hasOwn(VAULT_CODES, innerCode) ? VAULT_CODES[innerCode] : undefined;
}

/** `ofValue`: whether the request reads or writes the secret's value, rather than only its properties. */
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
      ? // It replaces the permissions that the identity has, so it names all that any mode needs.
        fix`let the identity read and write the vault's secrets. The command replaces its permissions on them, so add any others that it needs: az keyvault set-policy --name ${vaultName} --spn ${clientId} --secret-permissions get list set delete recover`
      : fix`az role assignment create --assignee ${clientId} --role "${ofValue ? fix`Key Vault Secrets Officer` : fix`Key Vault Reader`}" --scope "$(az keyvault show --name ${vaultName} --query id --output tsv)/secrets/${secretName}"`;
  return new ActionError({ id: 'vault-permission-missing', what, why, fix: grant }, { cause });
}
