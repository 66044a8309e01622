import type { VaultSecret, VaultSecretState } from '../azure/vault-secret.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { ownPasswords } from '../entra/password.ts';
import type { Acceptance } from '../entra/proof.ts';
import type { ChangeLine } from '../lib/change.ts';
import { type Duration, days, formatDays, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { LISTED_AFTER_MS } from '../lib/waits.ts';

/** The vault secret, and whether Entra accepts it. */
export interface ClientSecretState {
  readonly vault: VaultSecretState;
  /** Undefined if there is nothing to test; untested in a plan, which does not read the value. */
  readonly acceptance: Acceptance | 'untested' | undefined;
}

/** The inputs of a deployment that concern the client secret. */
export interface WantedClientSecret {
  readonly rotate: 'auto' | 'force' | 'never';
  readonly rotateBefore: Duration;
  readonly secretLifetime: Duration;
  /** With vault, nobody tells when Headlamp runs with a new one: the old one stays valid for `overlap`. */
  readonly delivery: 'helm' | 'vault';
  readonly overlap: Duration;
  /** Prefix of the display names of this deployment's passwords. */
  readonly ownerTag: string;
}

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

/** Whether the secrets before this one have been valid for as long as they have to be. */
function overlapEnded({ delivery, overlap }: WantedClientSecret, { since }: VaultSecret, now: Date): boolean {
  if (delivery === 'helm') return true;
  return now.getTime() - (since ?? now).getTime() >= milliseconds(overlap);
}

/** Without overlap, all present ones; otherwise those that were superseded long before. */
function supersededByNew(
  wanted: WantedClientSecret,
  vault: VaultSecretState,
  own: readonly PasswordCredential[],
  now: Date,
): Pick<ClientSecretPlan, 'superseded' | 'retained'> {
  if (wanted.delivery === 'helm' || wanted.overlap.seconds === 0) return { superseded: own, retained: [] };
  const last = vault.kind === 'present' && overlapEnded(wanted, vault.secret, now) ? vault.secret : undefined;
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

interface Situation extends ClientSecretState {
  readonly wanted: WantedClientSecret;
  readonly application: Application | undefined;
  readonly now: Date;
}

/** Why the vault secret must be replaced; undefined if this reason does not apply. */
type Reason = (situation: Situation, secret: VaultSecret | undefined) => string | undefined;

const noneYet: Reason = ({ vault }) => (vault.kind === 'absent' ? 'the vault has none yet' : undefined);

const disabled: Reason = (_, secret) => (secret ? undefined : 'the one in the vault is disabled');

const ofAnotherApplication: Reason = ({ application }, secret) =>
  !application || (secret?.clientId !== undefined && secret.clientId !== application.appId)
    ? 'the one in the vault belongs to another app registration'
    : undefined;

const refusedByEntra: Reason = (situation, secret) => {
  const { acceptance } = situation;
  const accepted = acceptance === 'untested' ? isListed(situation, secret) : acceptance === 'accepted';
  return accepted ? undefined : 'Entra refuses the one in the vault';
};

/** What can be said without a test: that Entra lists its password, and that it has not expired. */
function isListed(situation: Situation, secret: VaultSecret | undefined): boolean {
  const password = passwordOf(situation, secret);
  if (password) return password.endsOn > situation.now;
  return secret?.keyId === undefined || isListedLater(situation, secret);
}

const forced: Reason = ({ wanted }) =>
  wanted.rotate === 'force' ? 'rotation was requested (rotate: force)' : undefined;

const notOurs: Reason = (situation, secret) =>
  passwordOf(situation, secret) || isListedLater(situation, secret)
    ? undefined
    : 'the one in the vault was not created by this action';

/** Entra accepts a new client secret before it is in every replica's list. */
const isListedLater = ({ now }: Situation, secret: VaultSecret | undefined) =>
  secret?.keyId !== undefined && now.getTime() - (secret.createdOn?.getTime() ?? 0) < LISTED_AFTER_MS;

const expiresSoon: Reason = (situation, secret) => {
  const password = passwordOf(situation, secret);
  if (!password) return undefined;
  const left = (password.endsOn.getTime() - situation.now.getTime()) / 86_400_000;
  return left > rotateBeforeInDays(situation.wanted, secret)
    ? undefined
    : `the current one expires in ${formatDays(Math.max(0, Math.floor(left)))}`;
};

/** The secret does not work. */
const UNUSABLE: readonly Reason[] = [noneYet, disabled, ofAnotherApplication, refusedByEntra];
/** The secret works but should be replaced, except with `rotate: never`. */
const DUE: readonly Reason[] = [forced, notOurs, expiresSoon];

/** The first reason that applies. */
function reasonToReplace(situation: Situation): string | undefined {
  const { vault, wanted } = situation;
  const secret = vault.kind === 'present' ? vault.secret : undefined;
  const reasons = wanted.rotate === 'never' ? UNUSABLE : [...UNUSABLE, ...DUE];
  for (const reason of reasons) {
    const found = reason(situation, secret);
    if (found !== undefined) return found;
  }
  return undefined;
}

function passwordOf({ application }: Situation, secret: VaultSecret | undefined): PasswordCredential | undefined {
  return application?.passwords.find(({ keyId }) => keyId === secret?.keyId);
}

/** If a policy of the tenant shortened the secret's lifetime, `rotateBefore` is shortened in proportion. */
function rotateBeforeInDays({ rotateBefore, secretLifetime }: WantedClientSecret, secret: VaultSecret | undefined) {
  const longest = Math.min(secret?.longestLifeInDays ?? Number.POSITIVE_INFINITY, days(secretLifetime));
  return (days(rotateBefore) * longest) / days(secretLifetime);
}

function missing(reason: string): ActionError {
  return new ActionError({
    id: 'client-secret-missing',
    what: 'There is no client secret to deploy with',
    why: `A new one is needed (${reason}), but rotate is never`,
    fix: fix`set rotate to auto.`,
  });
}
