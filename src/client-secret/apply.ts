import {
  observeVaultSecret,
  recoverVaultSecret,
  storeVaultSecret,
  type VaultSecret,
  type VaultSecretState,
} from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { addPassword, type NewPassword, readPasswords, removePassword } from '../entra/password.ts';
import { type Acceptance, REPLICATION_MS, testWithEntra } from '../entra/proof.ts';
import { days, formatDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { prefetch } from '../lib/prefetch.ts';
import { type ClientSecretPlan, type ClientSecretState, planClientSecret, type WantedClientSecret } from './plan.ts';

/** The client secret that Headlamp is to run with. */
export interface ClientSecret {
  readonly vaultSecret: VaultSecret;
  readonly expiresOn: Date | undefined;
  readonly rotated: boolean;
  /** Passwords that nothing uses any more as soon as Headlamp runs with this one. */
  readonly superseded: readonly PasswordCredential[];
}

/** The registration that a client secret is made for. */
export interface SecretOwner {
  readonly application: Application;
  /** Noted beside the secret, so that a later run need not look for it first; undefined if this run did not. */
  readonly servicePrincipalId: string | undefined;
}

/** What the inputs want of the client secret. */
export const wantedClientSecret = ({ inputs, ownerTag }: Context): WantedClientSecret => ({ ...inputs, ownerTag });

/**
 * Asks Entra about the secret, beside the look at the registration if the vault notes whose it is. What Entra says
 * counts only of a secret of that registration, and a refusal of a new one may be replication lag.
 */
export async function checkClientSecret(
  context: Context,
  vault: VaultSecretState,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  if (vault.kind !== 'present') return { vault, acceptance: undefined };
  const { value, clientId, keyId } = vault.secret;
  const asked = clientId === undefined ? undefined : prefetch(test(context, clientId, value, 0));
  const application = await registration;
  if (!application || (clientId !== undefined && clientId !== application.appId))
    return { vault, acceptance: undefined };
  const madeOn = application.passwords.find((password) => password.keyId === keyId)?.startsOn;
  const patience = madeOn ? Math.min(REPLICATION_MS, REPLICATION_MS - (Date.now() - madeOn.getTime())) : 0;
  const first = await asked;
  if (first === 'accepted' || (first && patience <= 0)) return { vault, acceptance: first };
  return { vault, acceptance: await test(context, application.appId, value, Math.max(0, patience)) };
}

function test(
  { tenantId, cloud, transport }: Context,
  appId: string,
  secret: string,
  patienceMs: number,
): Promise<Acceptance> {
  return testWithEntra({ tenantId, appId, secret }, patienceMs, cloud, transport);
}

/** What the vault holds now, checked as above. */
export async function observeClientSecret(
  context: Context,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  return checkClientSecret(context, await observeVaultSecret(context.vault), registration);
}

/** Carries the plan out: when this ends, the vault holds a secret that Entra accepts. */
export async function applyClientSecret(
  context: Context,
  plan: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret> {
  const wanted = wantedClientSecret(context);
  const first = await attempt(context, wanted, plan, owner);
  if ('vaultSecret' in first) return first;
  const { application } = owner;
  const current = { ...application, passwords: await readPasswords(context.graph, application) };
  if (current.passwords.some(({ keyId }) => keyId === first.refused)) throw refused(application, first.refused);
  // Of two runs that began together, the one that ended first took what the other had made for left over.
  context.log.info(`Another run has removed client secret ${first.refused}; continuing with what the vault holds`);
  const asNeeded = { ...wanted, rotate: 'auto' } as const;
  const planned = await planAgain(context, asNeeded, current);
  const second = await attempt(context, asNeeded, planned, { ...owner, application: current });
  if ('vaultSecret' in second) return second;
  throw refused(application, second.refused);
}

/** @returns the secret, or the key id of a new one that Entra refuses */
async function attempt(
  context: Context,
  wanted: WantedClientSecret,
  plan: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret | { readonly refused: string }> {
  const { decision } = plan;
  if (decision.kind === 'keep') return kept(plan, decision.secret, owner.application);
  if (decision.kind === 'replace') return replace(context, wanted, plan, owner);
  if (decision.kind === 'recover') await recoverVaultSecret(context.vault);
  return attempt(context, wanted, await planAgain(context, wanted, owner.application), owner);
}

/** By what the vault holds now. */
async function planAgain(
  context: Context,
  wanted: WantedClientSecret,
  application: Application,
): Promise<ClientSecretPlan> {
  const state = await observeClientSecret(context, Promise.resolve(application));
  return planClientSecret(wanted, state, application, new Date());
}

/** Makes a new secret: on the registration, in the vault, and tested, in this order. */
async function replace(
  context: Context,
  { secretLifetime, ownerTag }: WantedClientSecret,
  { superseded }: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret | { readonly refused: string }> {
  const { graph, log, mask } = context;
  const { application } = owner;
  const password = await addPassword(graph, application, { ownerTag, lifetime: secretLifetime }, mask);
  const { keyId, secret, expiresOn, longestLifeInDays } = password;
  if (longestLifeInDays !== undefined) {
    log.warning(
      'The client secret lives shorter than asked for',
      `An app management policy of the tenant allows ${formatDays(longestLifeInDays)}, not ${days(secretLifetime)}; rotate-before is shortened in proportion`,
    );
  }
  const vaultSecret = await store(context, password, owner);
  log.info(`Client secret ${keyId} stored as ${vaultSecret.id}`);
  const accepted = (await test(context, application.appId, secret, REPLICATION_MS)) !== 'refused';
  return accepted ? { vaultSecret, expiresOn, rotated: true, superseded } : { refused: keyId };
}

/** If another run has stored a newer secret in the meantime, that one, as soon as Entra accepts it. */
export async function newestClientSecret(
  context: Context,
  known: ClientSecret,
  application: Application,
): Promise<ClientSecret> {
  const vault = await observeVaultSecret(context.vault);
  if (vault.kind !== 'present' || vault.secret.version === known.vaultSecret.version) return known;
  const { keyId, value, expiresOn } = vault.secret;
  context.log.info(`Another run has stored client secret ${keyId}; continuing with that one`);
  if ((await test(context, application.appId, value, REPLICATION_MS)) === 'refused')
    throw refused(application, keyId ?? '');
  return { ...known, vaultSecret: vault.secret, expiresOn };
}

/** A password that cannot be stored is removed again, as nobody knows it any more. */
async function store(
  { graph, vault, log }: Context,
  { secret, keyId, ...life }: NewPassword,
  { application, servicePrincipalId }: SecretOwner,
): Promise<VaultSecret> {
  const ids = { keyId, clientId: application.appId, applicationObjectId: application.objectId, servicePrincipalId };
  try {
    return await storeVaultSecret(vault, { ...life, ...ids, value: secret });
  } catch (error) {
    // The failure to store it is what the user has to hear about.
    await removePassword(graph, application, keyId).catch(() =>
      log.info(`Password ${keyId} stays on the registration until the next run`),
    );
    throw error;
  }
}

function kept(plan: ClientSecretPlan, secret: VaultSecret, application: Application): ClientSecret {
  const password = application.passwords.find((candidate) => candidate.keyId === secret.keyId);
  return {
    vaultSecret: secret,
    expiresOn: password?.endsOn ?? secret.expiresOn,
    rotated: false,
    superseded: plan.superseded,
  };
}

function refused(application: Application, keyId: string): ActionError {
  return new ActionError({
    id: 'client-secret-refused',
    what: `Entra refuses the new client secret ${keyId} of app registration ${application.displayName}`,
    why: `It did not accept it within ${REPLICATION_MS / 1000} seconds; Headlamp keeps the one it runs with`,
    fix: 'run the job again; it continues with the secret in the vault.',
  });
}
