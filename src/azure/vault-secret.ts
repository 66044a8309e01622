import type { TokenCredential } from '@azure/core-auth';
import { RestError } from '@azure/core-rest-pipeline';
import { type KeyVaultSecret, SecretClient } from '@azure/keyvault-secrets';
import { ActionError, messageOf } from '../errors.ts';
import { PROXY_REFUSED } from '../http/agents.ts';
import type { Transport } from '../http/transport.ts';
import { stringAt } from '../json.ts';
import type { Cloud } from './cloud.ts';

/** The one secret in Key Vault that holds Headlamp's client secret, and the client to reach it with. */
export interface VaultClient {
  readonly secrets: SecretClient;
  readonly vaultName: string;
  readonly secretName: string;
  readonly clientId: string;
  /** Called with each secret value before anything else sees it. */
  readonly mask: (secret: string) => void;
}

/** The newest version. */
export interface VaultSecret {
  readonly value: string;
  readonly version: string;
  /** URI with the version, as applications refer to it. */
  readonly id: string;
  readonly expiresOn: Date | undefined;
  /** Key id of the password credential on the application, from the tag that this action writes. */
  readonly keyId: string | undefined;
  /** Client id of the application, from the tag that this action writes. */
  readonly clientId: string | undefined;
}

export type VaultSecretState =
  | { readonly kind: 'absent' }
  /** Soft-deleted: its name cannot be written before it is recovered. */
  | { readonly kind: 'deleted' }
  /** The newest version is disabled, so its value cannot be read. */
  | { readonly kind: 'disabled' }
  | { readonly kind: 'present'; readonly secret: VaultSecret };

export interface NewVaultSecret {
  readonly value: string;
  readonly expiresOn: Date;
  readonly keyId: string;
  readonly clientId: string;
}

const CONTENT_TYPE = 'text/plain; charset=utf-8; kind=entra-client-secret';
const TAG_KEY_ID = 'entra-key-id';
const TAG_CLIENT_ID = 'entra-client-id';
const TAG_MANAGED_BY = 'managed-by';
const MANAGED_BY = 'headlamp-aks-entra';

export function createVaultClient(
  names: { vaultName: string; vaultSecretName: string; clientId: string },
  credential: TokenCredential,
  cloud: Cloud,
  transport: Transport,
  mask: (secret: string) => void,
): VaultClient {
  const secrets = new SecretClient(cloud.vaultUrl(names.vaultName), credential, transport.clientOptions);
  return { secrets, vaultName: names.vaultName, secretName: names.vaultSecretName, clientId: names.clientId, mask };
}

/** @throws ActionError vault-not-found, vault-firewall, vault-permission-missing */
export async function observeVaultSecret(client: VaultClient): Promise<VaultSecretState> {
  try {
    return { kind: 'present', secret: received(client, await client.secrets.getSecret(client.secretName)) };
  } catch (error) {
    const refusal = vaultRefusal(error);
    if (refusal.status === 404) return (await isDeleted(client)) ? { kind: 'deleted' } : { kind: 'absent' };
    if (refusal.innerCode === 'SecretDisabled') return { kind: 'disabled' };
    throw explainVaultError(error, client, 'Reading');
  }
}

/** Writes a new version with its expiry and the tags by which a later run knows what it holds. */
export async function storeVaultSecret(client: VaultClient, secret: NewVaultSecret): Promise<VaultSecret> {
  try {
    const stored = await client.secrets.setSecret(client.secretName, secret.value, {
      contentType: CONTENT_TYPE,
      expiresOn: secret.expiresOn,
      tags: { [TAG_KEY_ID]: secret.keyId, [TAG_CLIENT_ID]: secret.clientId, [TAG_MANAGED_BY]: MANAGED_BY },
    });
    return received(client, stored);
  } catch (error) {
    throw explainVaultError(error, client, 'Writing');
  }
}

/** Brings a soft-deleted secret back, which also keeps its history, and waits until it can be written. */
export async function recoverVaultSecret(client: VaultClient, timeoutMs: number): Promise<void> {
  try {
    const poller = await client.secrets.beginRecoverDeletedSecret(client.secretName, { intervalInMs: 1000 });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    const refusal = vaultRefusal(error);
    throw new ActionError(
      {
        id: 'vault-secret-not-recoverable',
        what: `Secret ${client.secretName} of vault ${client.vaultName} is deleted and could not be recovered`,
        why: refusal.message,
        fix: `az keyvault secret recover --vault-name ${client.vaultName} --name ${client.secretName}`,
      },
      { cause: error },
    );
  }
}

function received(client: VaultClient, secret: KeyVaultSecret): VaultSecret {
  const value = secret.value ?? '';
  client.mask(value);
  const { version = '', id = '', expiresOn, tags } = secret.properties;
  return { value, version, id, expiresOn, keyId: tags?.[TAG_KEY_ID], clientId: tags?.[TAG_CLIENT_ID] };
}

/** Where the permission to look at deleted secrets is missing, the write that follows tells. */
async function isDeleted(client: VaultClient): Promise<boolean> {
  try {
    await client.secrets.getDeletedSecret(client.secretName);
    return true;
  } catch (error) {
    const { status } = vaultRefusal(error);
    if (status === 404 || status === 403) return false;
    throw explainVaultError(error, client, 'Reading');
  }
}

interface VaultRefusal {
  readonly status: number | undefined;
  readonly code: string | undefined;
  /** Such as ForbiddenByRbac. https://learn.microsoft.com/azure/key-vault/general/rest-error-codes */
  readonly innerCode: string | undefined;
  readonly message: string;
}

function vaultRefusal(error: unknown): VaultRefusal {
  if (!(error instanceof RestError))
    return { status: undefined, code: undefined, innerCode: undefined, message: messageOf(error) };
  return {
    status: error.statusCode,
    code: stringAt(error.details, 'error', 'code') ?? error.code,
    innerCode: stringAt(error.details, 'error', 'innerError', 'code'),
    message: stringAt(error.details, 'error', 'message') ?? error.message,
  };
}

function explainVaultError(error: unknown, client: VaultClient, doing: 'Reading' | 'Writing'): ActionError {
  if (error instanceof ActionError) return error;
  const refusal = vaultRefusal(error);
  const what = `${doing} secret ${client.secretName} in vault ${client.vaultName} failed`;
  const failure = (
    id:
      | 'vault-not-found'
      | 'vault-firewall'
      | 'vault-permission-missing'
      | 'vault-secret-not-recoverable'
      | 'request-failed',
    fix: string,
  ) => new ActionError({ id, what, why: refusal.message, fix }, { cause: error });
  if (unknownHost(refusal)) {
    return failure(
      'vault-not-found',
      `create it (az keyvault create --name ${client.vaultName} --resource-group GROUP --enable-rbac-authorization) or correct key-vault-name; a deleted one comes back by az keyvault recover --name ${client.vaultName}`,
    );
  }
  if (refusal.innerCode === 'ForbiddenByFirewall' || refusal.innerCode === 'ForbiddenByConnection') {
    return failure(
      'vault-firewall',
      `run the job on a runner in a network the vault allows, or allow this one: az keyvault network-rule add --name ${client.vaultName} --ip-address RUNNER_IP`,
    );
  }
  if (refusal.innerCode === 'ObjectIsDeletedButRecoverable') {
    return failure(
      'vault-secret-not-recoverable',
      `az keyvault secret recover --vault-name ${client.vaultName} --name ${client.secretName}`,
    );
  }
  if (refusal.innerCode === 'ForbiddenByPolicy' || refusal.innerCode === 'AccessDenied') {
    return failure(
      'vault-permission-missing',
      `az keyvault set-policy --name ${client.vaultName} --spn ${client.clientId} --secret-permissions get set recover`,
    );
  }
  if (refusal.status === 401 || refusal.status === 403) {
    return failure(
      'vault-permission-missing',
      `az role assignment create --assignee ${client.clientId} --role "Key Vault Secrets Officer" --scope $(az keyvault show --name ${client.vaultName} --query id --output tsv)`,
    );
  }
  return failure('request-failed', 'run the job again; it goes on where it stopped.');
}

/** A vault that does not exist has no DNS name, so a proxy cannot connect to it either. */
function unknownHost(refusal: VaultRefusal): boolean {
  return refusal.code === 'ENOTFOUND' || refusal.code === PROXY_REFUSED;
}
