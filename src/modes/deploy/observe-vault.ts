import { observeVault, type VaultState } from '../../azure/vault.ts';
import { secretsUrl } from '../../azure/vault-client.ts';
import { isWithoutRole } from '../../azure/vault-role.ts';
import { observeVaultSecret, observeVaultSecretProperties, type VaultSecretState } from '../../azure/vault-secret.ts';
import type { Context } from '../../context/context.ts';

export interface ObservedVault {
  readonly vault: VaultState;
  readonly secret: VaultSecretState;
}

/** The vault and the client secret in it: absent or unreadable if a deployment still has to create the vault or its role. */
export async function observeVaultAndSecret(context: Context): Promise<ObservedVault> {
  const { createVault } = context.inputs.creation;
  const vault: VaultState = createVault ? await observeVaultToCreate(context) : { kind: 'usable', ours: false };
  if (vault.kind !== 'usable') return { vault, secret: { kind: vault.kind === 'absent' ? 'absent' : 'unreadable' } };
  try {
    return { vault, secret: await observeSecret(context) };
  } catch (error) {
    // The run never assigns itself a role on somebody else's vault.
    if (!vault.ours || !isWithoutRole(error)) throw error;
    return { vault: { kind: 'no-access' }, secret: { kind: 'unreadable' } };
  }
}

/** With its value only if this run may write: an identity that only plans needs no permission to get it. */
function observeSecret({ vault, inputs: { mode } }: Context): Promise<VaultSecretState> {
  if (mode === 'plan') return observeVaultSecretProperties(vault, 'Reading the properties of');
  return mode === 'doctor' ? observeVaultSecretProperties(vault, 'Reading') : observeVaultSecret(vault);
}

/** The vault, if `create-key-vault` is set. */
function observeVaultToCreate({ arm, cloud, transport, vault }: Context): Promise<VaultState> {
  const url = secretsUrl(cloud, vault.vaultName);
  return observeVault(arm, vault.address, () => transport.channel()({ method: 'GET', url }));
}
