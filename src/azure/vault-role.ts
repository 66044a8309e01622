import type { ChangeLine } from '../lib/change.ts';
import { formatElapsed } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import { type Arm, retryOnRegionLag } from './arm.ts';
import { type ResourceId, resourceId } from './resource-id.ts';
import { assignRole, type Principal } from './role-assignment.ts';
import type { VaultState } from './vault.ts';
import type { VaultClient } from './vault-client.ts';
import { vaultRefusal } from './vault-error.ts';
import { observeVaultSecret } from './vault-secret.ts';

/** The deploying identity's own role on the secret. */
export interface VaultRoleChange extends ChangeLine {
  readonly resource: 'role assignment';
  readonly action: 'create';
  readonly scope: ResourceId;
}

/** https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security#key-vault-secrets-officer */
const SECRETS_OFFICER = { name: 'Key Vault Secrets Officer', id: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' };
const POLL_MS = 3_000;

/**
 * On the secret, not on the vault, where others may keep secrets, too. Azure accepts this scope before the secret
 * exists.
 */
export function planVaultRole({ address, secretName }: VaultClient, state: VaultState): VaultRoleChange[] {
  if (state.kind === 'usable') return [];
  const detail = `${SECRETS_OFFICER.name} on secret ${secretName} in ${address.name} for the deploying identity`;
  const vault = state.kind === 'deleted' ? state.id : address.id;
  return [{ resource: 'role assignment', action: 'create', detail, scope: resourceId`${vault}/secrets/${secretName}` }];
}

/**
 * Assigns the deploying identity its role on the secret and waits until it is in effect, which takes minutes.
 * @throws ActionError arm-permission-missing, role-assignment-pending
 */
export async function applyVaultRole(
  { arm, vault, log }: { readonly arm: Arm; readonly vault: VaultClient; readonly log: Log },
  { scope }: VaultRoleChange,
  principal: Principal,
  timeoutMs: number,
): Promise<void> {
  const description = 'headlamp-aks-entra: the deploying identity';
  try {
    await retryOnRegionLag(() => assignRole(arm, { scope, roleId: SECRETS_OFFICER.id, principal, description }));
  } catch (refusal) {
    // An identity that may not assign roles may have inherited one.
    if (await isOpen(vault)) return;
    throw refusal;
  }
  const started = performance.now();
  const opened = await withProgress(log, `Waiting for the role assignment on vault ${vault.vaultName}`, () =>
    pollUntil(async () => ((await isOpen(vault)) ? true : AGAIN), { timeoutMs, intervalMs: POLL_MS }),
  );
  if (opened === TIMED_OUT) throw pending(vault, performance.now() - started);
}

/** False while the vault refuses the identity for lack of a role. */
async function isOpen(vault: VaultClient): Promise<boolean> {
  try {
    await observeVaultSecret({ ...vault, lookUp: async () => 'known' });
    return true;
  } catch (error) {
    // The DNS name of a new vault may not exist yet.
    if (
      isWithoutRole(error) ||
      (error instanceof ActionError && /^vault-(unreachable|not-found)$/.test(error.failure.id))
    )
      return false;
    throw error;
  }
}

export function isWithoutRole(error: unknown): boolean {
  const cause = error instanceof ActionError ? error.cause : error;
  return vaultRefusal(cause).innerCode === 'ForbiddenByRbac';
}

function pending(vault: VaultClient, waitedMs: number): ActionError {
  return new ActionError({
    id: 'role-assignment-pending',
    what: `The role of the deploying identity on vault ${vault.vaultName} is not in effect yet`,
    why: `${SECRETS_OFFICER.name} was assigned ${formatElapsed(waitedMs)} ago; Azure takes up to ten minutes`,
    fix: fix`run the job again in a few minutes, or raise wait-timeout.`,
  });
}
