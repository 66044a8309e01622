import { ActionError } from '../lib/errors.ts';
import { stringAt } from '../lib/json.ts';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { VaultClient } from './vault-client.ts';
import { toVaultActionError, vaultRefusal } from './vault-error.ts';
import { MANAGED_BY, TAG_CLIENT_ID, TAG_MANAGED_BY, TRANSITION } from './vault-secret.ts';
import { listVersions } from './vault-versions.ts';

/**
 * Reads the versions without their values. The secret is this action's own if it wrote every version. If the vault does
 * not exist, the secret is absent.
 */
export async function observeVaultSecretOwnership(client: VaultClient): Promise<OwnedVaultSecret> {
  const versions = await listVersions(client, 'Reading').catch((error: unknown) => {
    if (error instanceof ActionError && error.failure.id === 'vault-not-found') return [];
    throw error;
  });
  if (versions.length === 0) return { ownership: ABSENT, clientId: undefined };
  const others = versions.filter(({ tags }) => tags[TAG_MANAGED_BY] !== MANAGED_BY);
  if (others.length > 0) {
    const name = `secret ${client.secretName} in vault ${client.vaultName}`;
    return { ownership: foreign(`${name} has versions that this action did not write`), clientId: undefined };
  }
  return { ownership: OWN, clientId: stringAt(versions[0]?.tags, TAG_CLIENT_ID) };
}

export interface OwnedVaultSecret {
  readonly ownership: Ownership;
  /** Of the registration that the newest version notes. */
  readonly clientId: string | undefined;
}

/** Soft-deletes the secret: it can be recovered during the vault's retention period. */
export async function removeVaultSecret(client: VaultClient): Promise<void> {
  try {
    const poller = await client.secrets.beginDeleteSecret(client.secretName, { intervalInMs: 1000 });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(TRANSITION.timeoutMs) });
  } catch (error) {
    if (vaultRefusal(error).status !== 404) throw toVaultActionError(error, client, 'Deleting');
  }
}
