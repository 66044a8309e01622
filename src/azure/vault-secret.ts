import type { KeyVaultSecret } from '@azure/keyvault-secrets';
import { ActionError } from '../lib/errors.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { prefetch } from '../lib/prefetch.ts';
import { UUID } from '../lib/uuid.ts';
import type { VaultClient } from './vault-client.ts';
import { toVaultActionError, vaultRefusal } from './vault-error.ts';

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
  /** The longest life in days that the tenant's policy allowed it, from the tag that this action writes then. */
  readonly longestLifeInDays: number | undefined;
  /** Object id of the application, from the tag that this action writes. */
  readonly applicationObjectId: string | undefined;
  /** Object id of the application's service principal, from the tag that this action writes. */
  readonly servicePrincipalId: string | undefined;
}

export type VaultSecretState =
  | { readonly kind: 'absent' }
  /** The vault lets nobody look before this run has changed something about it. */
  | { readonly kind: 'unreadable' }
  /** Soft-deleted: its name cannot be written before it is recovered. */
  | { readonly kind: 'deleted'; readonly applicationObjectId: string | undefined }
  /** The newest version is disabled, so its value cannot be read. */
  | { readonly kind: 'disabled' }
  | { readonly kind: 'present'; readonly secret: VaultSecret };

export interface NewVaultSecret {
  readonly value: string;
  readonly expiresOn: Date;
  readonly keyId: string;
  readonly clientId: string;
  readonly longestLifeInDays: number | undefined;
  readonly applicationObjectId: string;
  readonly servicePrincipalId: string | undefined;
}

const CONTENT_TYPE = 'text/plain; charset=utf-8; kind=entra-client-secret';
const TAG_KEY_ID = 'entra-key-id';
const TAG_CLIENT_ID = 'entra-client-id';
const TAG_LONGEST_LIFE = 'entra-longest-life-in-days';
const TAG_OBJECT_ID = 'entra-object-id';
const TAG_PRINCIPAL_ID = 'entra-service-principal-id';
export const TAG_MANAGED_BY = 'managed-by';
export const MANAGED_BY = 'headlamp-aks-entra';

/** How long a deletion or a recovery may take until the name can be written again. */
export const TRANSITION = { timeoutMs: 120_000, intervalMs: 2_000 };

/** @throws ActionError vault-not-found, vault-firewall, vault-permission-missing */
export async function observeVaultSecret(client: VaultClient): Promise<VaultSecretState> {
  prefetch(client.signIn());
  try {
    return { kind: 'present', secret: received(client, await client.secrets.getSecret(client.secretName)) };
  } catch (error) {
    const refusal = vaultRefusal(error);
    if (refusal.status === 404) return observeDeleted(client);
    if (refusal.innerCode === 'SecretDisabled') return { kind: 'disabled' };
    throw toVaultActionError(error, client, 'Reading');
  }
}

/**
 * Writes a new version with its expiry and the tags by which a later run knows what it holds. A secret of that name
 * that is deleted, or was until a moment ago, is recovered or waited for.
 * @throws ActionError vault-firewall, vault-permission-missing, vault-secret-not-recoverable
 */
export async function storeVaultSecret(client: VaultClient, secret: NewVaultSecret): Promise<VaultSecret> {
  let last: unknown;
  const stored = await pollUntil(async () => {
    try {
      return received(client, await client.secrets.setSecret(client.secretName, secret.value, propertiesOf(secret)));
    } catch (error) {
      last = error;
      const { innerCode } = vaultRefusal(error);
      if (innerCode === 'ObjectIsDeletedButRecoverable') await recoverVaultSecret(client);
      else if (innerCode !== 'ObjectIsBeingDeleted' && innerCode !== 'ObjectIsBeingRecovered')
        throw toVaultActionError(error, client, 'Writing');
      return AGAIN;
    }
  }, TRANSITION);
  if (stored === TIMED_OUT) throw toVaultActionError(last, client, 'Writing');
  return stored;
}

function propertiesOf({ expiresOn, longestLifeInDays, ...ids }: NewVaultSecret) {
  return {
    contentType: CONTENT_TYPE,
    expiresOn,
    tags: {
      [TAG_KEY_ID]: ids.keyId,
      [TAG_CLIENT_ID]: ids.clientId,
      [TAG_OBJECT_ID]: ids.applicationObjectId,
      [TAG_MANAGED_BY]: MANAGED_BY,
      ...(ids.servicePrincipalId === undefined ? {} : { [TAG_PRINCIPAL_ID]: ids.servicePrincipalId }),
      ...(longestLifeInDays === undefined ? {} : { [TAG_LONGEST_LIFE]: String(longestLifeInDays) }),
    },
  };
}

/** Brings a soft-deleted secret back, which also keeps its history, and waits until it can be written. */
export async function recoverVaultSecret(client: VaultClient): Promise<void> {
  try {
    const poller = await client.secrets.beginRecoverDeletedSecret(client.secretName, { intervalInMs: 1000 });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(TRANSITION.timeoutMs) });
  } catch (error) {
    const refusal = vaultRefusal(error);
    throw new ActionError(
      {
        id: 'vault-secret-not-recoverable',
        what: `Secret ${client.secretName} in vault ${client.vaultName} is deleted and could not be recovered`,
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
  const longestLife = tags?.[TAG_LONGEST_LIFE];
  return {
    value,
    version,
    id,
    expiresOn,
    keyId: idIn(tags?.[TAG_KEY_ID]),
    clientId: idIn(tags?.[TAG_CLIENT_ID]),
    longestLifeInDays: longestLife === undefined ? undefined : Number(longestLife) || undefined,
    applicationObjectId: idIn(tags?.[TAG_OBJECT_ID]),
    servicePrincipalId: idIn(tags?.[TAG_PRINCIPAL_ID]),
  };
}

/** Ids become part of requests, and whoever may write the secret may set its tags. */
function idIn(tag: string | undefined): string | undefined {
  return UUID.test(tag?.toLowerCase() ?? '') ? tag : undefined;
}

/** Where the permission to look at deleted secrets is missing, the write that follows tells. */
async function observeDeleted(client: VaultClient): Promise<VaultSecretState> {
  try {
    const { properties } = await client.secrets.getDeletedSecret(client.secretName);
    return { kind: 'deleted', applicationObjectId: idIn(properties.tags?.[TAG_OBJECT_ID]) };
  } catch (error) {
    const { status } = vaultRefusal(error);
    if (status === 404 || status === 403) return { kind: 'absent' };
    throw toVaultActionError(error, client, 'Reading');
  }
}
