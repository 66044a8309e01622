import type { VaultSecret, VaultSecretState } from '../azure/vault-secret.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { ownPasswords } from '../entra/password.ts';
import type { Acceptance } from '../entra/proof.ts';
import type { ChangeLine } from '../lib/change.ts';
import { type Duration, days, formatDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';

/** The client secret in its home, and whether Entra takes it. */
export interface ClientSecretState {
  readonly vault: VaultSecretState;
  /** Undefined where there is nothing to ask about. */
  readonly acceptance: Acceptance | undefined;
}

export interface ClientSecretPolicy {
  readonly rotate: 'auto' | 'force' | 'never';
  readonly rotateBefore: Duration;
  readonly secretLifetime: Duration;
}

export interface ClientSecretChange extends ChangeLine {
  readonly resource: 'client secret';
}

export interface ClientSecretPlan {
  readonly changes: readonly ClientSecretChange[];
  /** Keep: the vault's secret is good. Recover: it is deleted, and what it holds is seen only afterwards. Look: so is
   * what a vault holds that this run has to open first. */
  readonly decision:
    | { readonly kind: 'keep'; readonly secret: VaultSecret }
    | { readonly kind: 'replace' }
    | { readonly kind: 'recover' }
    | { readonly kind: 'recheck' };
  /** Passwords that this action made and nothing will use any more. */
  readonly superseded: readonly PasswordCredential[];
}

/** @throws ActionError client-secret-missing where a new one is needed and `rotate` is never */
export function planClientSecret(
  policy: ClientSecretPolicy,
  state: ClientSecretState,
  application: Application | undefined,
  tag: string,
  now: Date,
): ClientSecretPlan {
  const own = application ? ownPasswords(application, tag) : [];
  if (state.vault.kind === 'deleted') {
    const detail = 'the deleted vault secret, and a new one where it is not good any more';
    return {
      changes: [{ resource: 'client secret', action: 'recover', detail }],
      decision: { kind: 'recover' },
      superseded: [],
    };
  }
  if (state.vault.kind === 'unreadable') {
    const detail = 'unless the vault turns out to hold a good one';
    return {
      changes: [{ resource: 'client secret', action: 'create', detail }],
      decision: { kind: 'recheck' },
      superseded: [],
    };
  }
  const reason = reasonToReplace(policy, state, application, now);
  if (reason === undefined && state.vault.kind === 'present') {
    const { secret } = state.vault;
    const superseded = policy.rotate === 'never' ? [] : own.filter((password) => password.keyId !== secret.keyId);
    return { changes: removals(superseded), decision: { kind: 'keep', secret }, superseded };
  }
  if (policy.rotate === 'never') throw missing(reason ?? '');
  const first = state.vault.kind === 'absent';
  const detail = `${formatDays(days(policy.secretLifetime))}; ${reason}`;
  return {
    changes: [{ resource: 'client secret', action: first ? 'create' : 'rotate', detail }, ...removals(own)],
    decision: { kind: 'replace' },
    superseded: own,
  };
}

/** Undefined: the vault's secret is good. */
function reasonToReplace(
  policy: ClientSecretPolicy,
  { vault, acceptance }: ClientSecretState,
  application: Application | undefined,
  now: Date,
): string | undefined {
  if (vault.kind === 'absent') return 'the vault has none yet';
  if (vault.kind !== 'present') return 'the one in the vault is disabled';
  const { secret } = vault;
  if (!application || (secret.clientId !== undefined && secret.clientId !== application.appId))
    return 'the one in the vault belongs to another app registration';
  if (acceptance !== 'accepted') return 'Entra refuses the one in the vault';
  if (policy.rotate === 'never') return undefined;
  if (policy.rotate === 'force') return 'rotation was asked for (rotate: force)';
  const password = application.passwords.find((candidate) => candidate.keyId === secret.keyId);
  if (!password) return 'the one in the vault was not made by this action';
  const left = (password.endsOn.getTime() - now.getTime()) / 86_400_000;
  return left > rotateBeforeInDays(policy, secret)
    ? undefined
    : `the present one expires in ${formatDays(Math.max(0, Math.floor(left)))}`;
}

/** A life that the tenant's policy shortened has the time before its end shortened in proportion. */
function rotateBeforeInDays({ rotateBefore, secretLifetime }: ClientSecretPolicy, secret: VaultSecret): number {
  const longest = Math.min(secret.longestLifeInDays ?? Number.POSITIVE_INFINITY, days(secretLifetime));
  return (days(rotateBefore) * longest) / days(secretLifetime);
}

function removals(superseded: readonly PasswordCredential[]): ClientSecretChange[] {
  return superseded.map((password) => ({
    resource: 'client secret',
    action: 'delete',
    detail: `superseded ${password.keyId}`,
  }));
}

function missing(reason: string): ActionError {
  return new ActionError({
    id: 'client-secret-missing',
    what: 'There is no client secret to deploy with',
    why: `A new one is needed (${reason}), and rotate is never`,
    fix: 'set rotate to auto.',
  });
}
