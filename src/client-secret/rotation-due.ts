import type { VaultSecret, VaultSecretState } from '../azure/vault-secret.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { isOwnPassword } from '../entra/password.ts';
import type { Acceptance } from '../entra/secret-acceptance.ts';
import { type Duration, days, daysBetween, formatDays } from '../lib/duration.ts';
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
  /** With vault, the action does not learn when Headlamp uses a new one, so the old one stays valid for `overlap`. */
  readonly delivery: 'helm' | 'vault';
  readonly overlap: Duration;
  /** Prefix of the display names of this deployment's passwords. */
  readonly ownerTag: string;
}

export interface Situation extends ClientSecretState {
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

/** Whoever may set tags could name a password of somebody else, which lives longer. */
const notOurs: Reason = (situation, secret) => {
  const password = passwordOf(situation, secret);
  const isOurs = password ? isOwnPassword(password) : isListedLater(situation, secret);
  return isOurs ? undefined : 'the one in the vault was not created by this action';
};

/** Entra accepts a new client secret before it is in every replica's list. */
const isListedLater = ({ now }: Situation, secret: VaultSecret | undefined) =>
  secret?.keyId !== undefined && now.getTime() - (secret.createdOn?.getTime() ?? 0) < LISTED_AFTER_MS;

const expiresSoon: Reason = (situation, secret) => {
  const password = passwordOf(situation, secret);
  if (!password) return undefined;
  const left = daysBetween(situation.now, password.endsOn);
  return left > rotateBeforeInDays(situation.wanted, secret, password)
    ? undefined
    : `the current one expires in ${formatDays(Math.max(0, Math.floor(left)))}`;
};

/** The secret does not work. */
const UNUSABLE: readonly Reason[] = [noneYet, disabled, ofAnotherApplication, refusedByEntra];
/** The secret works but should be replaced, except with `rotate: never`. */
const DUE: readonly Reason[] = [forced, notOurs, expiresSoon];

/** The first reason to replace the vault secret; undefined if it can stay. */
export function reasonToReplace(situation: Situation): string | undefined {
  const { vault, wanted } = situation;
  const secret = vault.kind === 'present' ? vault.secret : undefined;
  const reasons = wanted.rotate === 'never' ? UNUSABLE : [...UNUSABLE, ...DUE];
  for (const reason of reasons) {
    const found = reason(situation, secret);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The password that the vault secret is the value of. */
export const passwordOf = (
  { application }: Pick<Situation, 'application'>,
  secret: VaultSecret | undefined,
): PasswordCredential | undefined => application?.passwords.find(({ keyId }) => keyId === secret?.keyId);

/**
 * If a policy of the tenant shortened the secret's lifetime, `rotateBefore` is shortened in proportion. A tag says so, and
 * it may not say less than the password really lives.
 */
function rotateBeforeInDays(
  { rotateBefore, secretLifetime }: WantedClientSecret,
  secret: VaultSecret | undefined,
  { startsOn, endsOn }: PasswordCredential,
) {
  const life = daysBetween(startsOn, endsOn);
  const limited = Math.max(secret?.longestLifeInDays ?? Number.POSITIVE_INFINITY, life);
  return (days(rotateBefore) * Math.min(limited, days(secretLifetime))) / days(secretLifetime);
}
