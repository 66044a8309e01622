import type { VaultSecretState } from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { ownerTagOf } from '../entra/password.ts';
import type { OidcSecret } from '../kubernetes/oidc-secret.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { UUID } from '../lib/uuid.ts';

/** What the vault and the cluster said of the client secret before this run. */
interface Before {
  readonly vault: VaultSecretState;
  readonly oidcSecret: OidcSecret | undefined;
}

/**
 * Warns of a client secret that Headlamp used until now and that this run may not remove, because others may use it: it is
 * of another registration, or comes from another vault secret.
 */
export function warnOfLeftBehind(
  { vault, log }: Pick<Context, 'vault' | 'log'>,
  { appId }: Application,
  before: Before,
) {
  const how = [...ofRegistration(appId, before.vault), ...ofVaultSecret(appId, vault.secretUri, before.oidcSecret)];
  for (const what of how)
    log.warning(
      'The previous client secret stays valid',
      `It is of another registration or vault secret, and valid until it expires. If nothing else uses it, remove it: ${what}`,
    );
}

/** Not the command that removes it: whoever can set the vault secret's tags could have it name any client secret. */
function ofRegistration(appId: string, vault: VaultSecretState): readonly Fix[] {
  if (vault.kind !== 'present') return [];
  const { clientId, keyId } = vault.secret;
  if (!isId(clientId) || !isId(keyId) || clientId === appId) return [];
  return [fix`az ad app credential list --id ${clientId} shows it by its keyId, ${keyId}`];
}

function ofVaultSecret(appId: string, uri: string, oidcSecret: OidcSecret | undefined): readonly Fix[] {
  const former = oidcSecret?.ours ? oidcSecret.vaultSecretUri : undefined;
  if (former === undefined || former.toLowerCase() === uri.toLowerCase()) return [];
  const id = isId(oidcSecret?.clientId) ? oidcSecret.clientId : appId;
  return [
    fix`az ad app credential list --id ${id} shows it by its displayName, which starts with ${ownerTagOf(former)}`,
  ];
}

/** Ids in tags and annotations may be anything. */
const isId = (text: string | undefined): text is string => text !== undefined && UUID.test(text);
