import type { VaultSecret, VaultSecretState } from '../azure/vault-secret.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { ownPasswords } from '../entra/password.ts';
import type { ChangeLine } from '../lib/change.ts';
import { days, formatDays, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type ClientSecretState, reasonToReplace, type WantedClientSecret } from './rotation-due.ts';

export interface ClientSecretChange extends ChangeLine {
  readonly resource: 'client secret';
}

export type ClientSecretDecision =
  /** The vault secret is valid. */
  | { readonly kind: 'keep'; readonly secret: VaultSecret }
  | { readonly kind: 'replace' }
  /** It is deleted; its value can be read only after it is recovered. */
  | { readonly kind: 'recover' }
  /** It is in a vault that this run cannot read yet. */
  | { readonly kind: 'recheck' };

export interface ClientSecretPlan {
  readonly changes: readonly ClientSecretChange[];
  readonly decision: ClientSecretDecision;
  /** Passwords that this action created and nothing will use any more. */
  readonly superseded: readonly PasswordCredential[];
  /** Superseded ones that stay valid until their overlap is over. */
  readonly retained: readonly PasswordCredential[];
}

/** @throws ActionError client-secret-missing if a new one is needed and `rotate` is never */
export function planClientSecret(
  wanted: WantedClientSecret,
  state: ClientSecretState,
  application: Application | undefined,
  now: Date,
): ClientSecretPlan {
  const { vault } = state;
  if (vault.kind === 'deleted')
    return later('recover', 'recover', 'the deleted vault secret, and a new one if it is no longer valid');
  if (vault.kind === 'unreadable') return later('recheck', 'create', 'unless the vault already has a valid one');
  const own = application ? ownPasswords(application, wanted.ownerTag) : [];
  const reason = reasonToReplace({ wanted, ...state, application, now });
  if (reason === undefined && vault.kind === 'present') {
    const { secret } = vault;
    const others = own.filter((password) => password.keyId !== secret.keyId);
    const ended = wanted.rotate !== 'never' && overlapEnded(wanted, secret, now);
    const [superseded, retained] = ended ? [others, []] : [[], others];
    return { changes: [], decision: { kind: 'keep', secret }, superseded, retained };
  }
  if (wanted.rotate === 'never') throw missing(reason ?? '');
  const action = vault.kind === 'absent' ? 'create' : 'rotate';
  const detail = `${formatDays(days(wanted.secretLifetime))}; ${reason}`;
  return {
    changes: [{ resource: 'client secret', action, detail }],
    decision: { kind: 'replace' },
    ...supersededByNew(wanted, vault, own, now),
  };
}

/** Whether the overlap of the previous secrets is over. */
function overlapEnded({ delivery, overlap }: WantedClientSecret, { createdOn }: VaultSecret, now: Date): boolean {
  if (delivery === 'helm') return true;
  return now.getTime() - (createdOn ?? now).getTime() >= milliseconds(overlap);
}

/** Without overlap, all existing ones; otherwise those whose overlap is over. */
function supersededByNew(
  wanted: WantedClientSecret,
  vault: VaultSecretState,
  own: readonly PasswordCredential[],
  now: Date,
): Pick<ClientSecretPlan, 'superseded' | 'retained'> {
  if (wanted.delivery === 'helm' || wanted.overlap.seconds === 0) return { superseded: own, retained: [] };
  const secret = vault.kind === 'present' && overlapEnded(wanted, vault.secret, now) ? vault.secret : undefined;
  // Not if it is of somebody else: then any of these may be the one in use.
  const last = own.find(({ keyId }) => keyId === secret?.keyId);
  const ended = (password: PasswordCredential) => last !== undefined && password.keyId !== last.keyId;
  return { superseded: own.filter(ended), retained: own.filter((password) => !ended(password)) };
}

/** The rest of the plan is known only after the vault is changed. */
function later(kind: 'recover' | 'recheck', action: 'recover' | 'create', detail: string): ClientSecretPlan {
  const changes = [{ resource: 'client secret', action, detail } as const];
  return { changes, decision: { kind }, superseded: [], retained: [] };
}

/** The removal of superseded passwords, as shown to people. */
export function removalsOf({ superseded }: Pick<ClientSecretPlan, 'superseded'>): readonly ClientSecretChange[] {
  return superseded.map(({ keyId }) => ({
    resource: 'client secret',
    action: 'delete',
    detail: `superseded ${keyId}`,
  }));
}

function missing(reason: string): ActionError {
  return new ActionError({
    id: 'client-secret-missing',
    what: 'There is no client secret that works, and rotate: never forbids a new one',
    why: `A new one is needed: ${reason}`,
    fix: fix`set rotate to auto.`,
  });
}
