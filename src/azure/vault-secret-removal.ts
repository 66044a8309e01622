import type { SecretProperties } from '@azure/keyvault-secrets';
import { ABSENT, foreign, OWN, type Ownership } from '../lib/ownership.ts';
import type { VaultClient } from './vault-client.ts';
import { toVaultActionError, vaultRefusal } from './vault-error.ts';
import { MANAGED_BY, TAG_MANAGED_BY, TRANSITION } from './vault-secret.ts';

/**
 * Looks at the versions without their values: this action's own is a secret of which it wrote every version.
 * A vault that is gone holds nothing.
 */
export async function observeVaultSecretOwnership(client: VaultClient): Promise<Ownership> {
  const versions = await listVersions(client);
  if (versions.length === 0) return ABSENT;
  const others = versions.filter(({ tags }) => tags?.[TAG_MANAGED_BY] !== MANAGED_BY);
  return others.length === 0
    ? OWN
    : foreign(`secret ${client.secretName} in vault ${client.vaultName} has versions that this action did not write`);
}

/** Deletes it, as far as the vault lets anybody: it can be recovered for as long as the vault's retention says. */
export async function removeVaultSecret(client: VaultClient): Promise<void> {
  try {
    const poller = await client.secrets.beginDeleteSecret(client.secretName, { intervalInMs: 1000 });
    await poller.pollUntilDone({ abortSignal: AbortSignal.timeout(TRANSITION.timeoutMs) });
  } catch (error) {
    if (vaultRefusal(error).status !== 404) throw toVaultActionError(error, client, 'Deleting');
  }
}

async function listVersions(client: VaultClient): Promise<readonly SecretProperties[]> {
  const versions: SecretProperties[] = [];
  try {
    for await (const version of client.secrets.listPropertiesOfSecretVersions(client.secretName))
      versions.push(version);
    return versions;
  } catch (error) {
    if (vaultRefusal(error).status === 404) return [];
    const explained = toVaultActionError(error, client, 'Reading');
    if (explained.failure.id === 'vault-not-found') return [];
    throw explained;
  }
}
