import type { SecretProperties } from '@azure/keyvault-secrets';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import { repeatWhile } from '../lib/polling.ts';
import { UUID } from '../lib/uuid.ts';
import type { VaultClient } from './vault-client.ts';
import { VAULT_CODES } from './vault-codes.ts';
import { explainVaultError, toVaultActionError, type VaultRequest, vaultRefusal } from './vault-error.ts';
import { listVersions, type SecretVersion } from './vault-versions.ts';

/** The newest version of the secret. The tags are those that this action writes. */
export interface VaultSecret {
  /** Undefined in a plan, which reads the properties only. */
  readonly value: string | undefined;
  readonly version: string;
  /** URI with the version. */
  readonly id: string;
  readonly expiresOn: Date | undefined;
  /** When the vault stored it, and it superseded the one before. */
  readonly createdOn: Date | undefined;
  /** Key ID of the password credential on the application, from a tag. */
  readonly keyId: string | undefined;
  /** Client ID of the application, from a tag. */
  readonly clientId: string | undefined;
  /** The lifetime in days that the tenant's policy limited it to, from a tag; undefined if there was no such limit. */
  readonly longestLifeInDays: number | undefined;
  /** Object ID of the application, from a tag. */
  readonly applicationObjectId: string | undefined;
  /** Object ID of the application's service principal, from a tag. */
  readonly servicePrincipalId: string | undefined;
}

/** It was read with its value. */
export type ReadVaultSecret = VaultSecret & { readonly value: string };

export type VaultSecretState<Secret extends VaultSecret = VaultSecret> =
  | { readonly kind: 'absent' }
  /** The vault cannot be read until this run has changed it. */
  | { readonly kind: 'unreadable' }
  /** Soft-deleted: it must be recovered before a secret of this name can be written. */
  | { readonly kind: 'deleted'; readonly applicationObjectId: string | undefined }
  /** The newest version is disabled, so its value cannot be read. */
  | { readonly kind: 'disabled' }
  | { readonly kind: 'present'; readonly secret: Secret };

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
export const TAG_CLIENT_ID = 'entra-client-id';
const TAG_LONGEST_LIFE = 'entra-longest-life-in-days';
const TAG_OBJECT_ID = 'entra-object-id';
const TAG_PRINCIPAL_ID = 'entra-service-principal-id';
export const TAG_MANAGED_BY = 'managed-by';
export const MANAGED_BY = 'headlamp-aks-entra';

/** How long a deletion or recovery may take until the name can be written again. */
export const TRANSITION = { timeoutMs: 120_000, intervalMs: 2_000 };

/** @throws ActionError vault-not-found, vault-firewall, vault-permission-missing */
export async function observeVaultSecret(client: VaultClient): Promise<VaultSecretState<ReadVaultSecret>> {
  try {
    const { value = '', properties } = await client.secrets.getSecret(client.secretName);
    client.mask(value);
    return { kind: 'present', secret: { ...propertiesIn(client, properties), value } };
  } catch (error) {
    const refusal = vaultRefusal(error);
    if (refusal.status === 404) return observeDeleted(client);
    if (refusal.innerCode === 'SecretDisabled') return { kind: 'disabled' };
    throw await explainVaultError(error, client, 'Reading');
  }
}

/**
 * Reads the secret without its value, as a plan does.
 * @param doing for the error if that is not permitted
 * @throws ActionError vault-not-found, vault-firewall, vault-permission-missing
 */
export async function observeVaultSecretProperties(
  client: VaultClient,
  doing: VaultRequest,
): Promise<VaultSecretState> {
  const [newest] = await listVersions(client, doing);
  if (!newest) return observeDeleted(client);
  if (!newest.enabled) return { kind: 'disabled' };
  return { kind: 'present', secret: { ...propertiesIn(client, newest), value: undefined } };
}

/**
 * Writes a new version with its expiry and the tags that later runs read. If a secret of that name is deleted, it is
 * recovered first; if it is being deleted or recovered, this waits.
 * @throws ActionError vault-firewall, vault-permission-missing, vault-secret-not-recoverable
 */
export async function storeVaultSecret(client: VaultClient, secret: NewVaultSecret): Promise<ReadVaultSecret> {
  const { value } = secret;
  const isDeleted = (error: unknown) => VAULT_CODES[vaultRefusal(error).innerCode ?? ''] === 'deleted secret';
  const store = async () => {
    try {
      const { properties } = await client.secrets.setSecret(client.secretName, value, propertiesOf(secret));
      return { ...propertiesIn(client, properties), value };
    } catch (error) {
      if (vaultRefusal(error).innerCode === 'ObjectIsDeletedButRecoverable') await recoverVaultSecret(client);
      throw error;
    }
  };
  try {
    return await repeatWhile(isDeleted, store, TRANSITION);
  } catch (error) {
    throw toVaultActionError(error, client, 'Writing');
  }
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

/**
 * Recovers a soft-deleted secret with its history, and waits until it can be written.
 * @throws ActionError vault-secret-not-recoverable
 */
export async function recoverVaultSecret(client: VaultClient): Promise<void> {
  const recover = async () => {
    const poller = await client.secrets.beginRecoverDeletedSecret(client.secretName, { intervalInMs: 1000 });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(TRANSITION.timeoutMs) });
  };
  // Not deleted any more, and not readable yet: another run recovers it, or an attempt of this one whose answer was lost.
  const isUnderWay = (error: unknown) => {
    const { status, innerCode } = vaultRefusal(error);
    return status === 404 || innerCode === 'ObjectIsBeingRecovered';
  };
  try {
    await repeatWhile(isUnderWay, recover, TRANSITION);
  } catch (error) {
    const refusal = vaultRefusal(error);
    throw new ActionError(
      {
        id: 'vault-secret-not-recoverable',
        what: `Secret ${client.secretName} in vault ${client.vaultName} is deleted and could not be recovered`,
        why: refusal.message,
        fix: fix`az keyvault secret recover --vault-name ${client.vaultName} --name ${client.secretName}`,
      },
      { cause: error },
    );
  }
}

function propertiesIn(
  { secretUri }: VaultClient,
  properties: SecretProperties | SecretVersion,
): Omit<VaultSecret, 'value'> {
  const { version = '', expiresOn, createdOn, tags } = properties;
  if (!/^[0-9a-f]{32}$/.test(version)) throw new Error('The answer of Key Vault has no valid version of the secret');
  const tagged = (name: string) => stringAt(tags, name);
  return {
    version,
    id: `${secretUri}/${version}`,
    expiresOn: Number.isNaN(expiresOn?.getTime()) ? undefined : expiresOn,
    createdOn,
    keyId: idIn(tagged(TAG_KEY_ID)),
    clientId: idIn(tagged(TAG_CLIENT_ID)),
    longestLifeInDays: daysIn(tagged(TAG_LONGEST_LIFE)),
    applicationObjectId: idIn(tagged(TAG_OBJECT_ID)),
    servicePrincipalId: idIn(tagged(TAG_PRINCIPAL_ID)),
  };
}

/** A number of days that a secret can live: whoever may write the secret may set its tags. */
function daysIn(tag: string | undefined): number | undefined {
  const days = /^\d{1,3}$/.test(tag ?? '') ? Number(tag) : 0;
  return days >= 1 && days <= 730 ? days : undefined;
}

/** Anybody who may write the secret may set its tags, and the ids become part of requests: so they must be UUIDs. */
function idIn(tag: string | undefined): string | undefined {
  const id = tag?.toLowerCase() ?? '';
  return UUID.test(id) ? id : undefined;
}

/** Without the permission to read deleted secrets, the result is `absent`; the write will find out. */
async function observeDeleted(client: VaultClient): Promise<VaultSecretState<ReadVaultSecret>> {
  try {
    const { properties } = await client.secrets.getDeletedSecret(client.secretName);
    return { kind: 'deleted', applicationObjectId: idIn(properties.tags?.[TAG_OBJECT_ID]) };
  } catch (error) {
    const { status } = vaultRefusal(error);
    if (status === 404 || status === 403) return { kind: 'absent' };
    throw toVaultActionError(error, client, 'Reading');
  }
}
