import {
  observeVaultSecret,
  type ReadVaultSecret,
  recoverVaultSecret,
  storeVaultSecret,
  type VaultSecret,
  type VaultSecretState,
} from '../azure/vault-secret.ts';
import type { Context } from '../context/context.ts';
import type { Facts } from '../context/outcome.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import { addPassword, type NewPassword, readPasswords, removePassword, stays } from '../entra/password.ts';
import { type Acceptance, testWithEntra } from '../entra/secret-acceptance.ts';
import { days, formatDays, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { prefetch } from '../lib/prefetch.ts';
import { WAITS } from '../lib/waits.ts';
import { type ClientSecretPlan, planClientSecret } from './plan.ts';
import { type ClientSecretState, passwordOf, type WantedClientSecret } from './rotation-due.ts';

/** How long Entra may refuse a new client secret while it replicates it. */
const REPLICATION_MS = WAITS.replication.timeoutMs;

/** The client secret that Headlamp runs with after this run. */
export interface ClientSecret {
  readonly vaultSecret: ReadVaultSecret;
  readonly expiresOn: Date | undefined;
  readonly rotated: boolean;
  /** Passwords that are unused once Headlamp runs with this one. */
  readonly superseded: readonly PasswordCredential[];
  /** When the overlap of the ones before this is over; undefined if there are none. */
  readonly retainedUntil: Date | undefined;
}

/** The registration that a client secret is created on. */
export interface SecretOwner {
  readonly application: Application;
  /** Stored with the vault secret, so that later runs need not look it up; undefined if this run did not. */
  readonly servicePrincipalId: string | undefined;
}

/** The inputs that concern the client secret. */
export const wantedClientSecret = ({ inputs, ownerTag }: Pick<Context, 'inputs' | 'ownerTag'>): WantedClientSecret => ({
  ...inputs,
  ownerTag,
});

/** What a run reports of it. */
export function factsOf({ vaultSecret, expiresOn, rotated, retainedUntil }: ClientSecret) {
  return {
    vaultSecretId: vaultSecret.id,
    secretExpiresOn: expiresOn,
    secretRotated: rotated,
    retainedUntil,
  } satisfies Partial<Facts>;
}

/**
 * Tests the vault secret with Entra, in parallel with reading the registration if the vault names its client ID. The
 * result counts only if the secret belongs to that registration. If Entra refuses a new secret, replication may lag. A
 * plan cannot test: it does not read the value.
 */
export async function checkClientSecret(
  context: Context,
  vault: VaultSecretState,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  if (vault.kind !== 'present') return { vault, acceptance: undefined };
  const { value, clientId } = vault.secret;
  const asked = clientId === undefined || value === undefined ? undefined : prefetch(test(context, clientId, value, 0));
  const application = await registration;
  if (!application || (clientId !== undefined && clientId !== application.appId))
    return { vault, acceptance: undefined };
  if (value === undefined) return { vault, acceptance: 'untested' };
  const madeOn = passwordOf({ application }, vault.secret)?.startsOn;
  const patience = madeOn ? Math.min(REPLICATION_MS, REPLICATION_MS - (Date.now() - madeOn.getTime())) : 0;
  const first = await asked;
  if (first === 'accepted' || (first && patience <= 0)) return { vault, acceptance: first };
  return { vault, acceptance: await test(context, application.appId, value, Math.max(0, patience)) };
}

function test(context: Context, appId: string, secret: string, patienceMs: number): Promise<Acceptance> {
  return testWithEntra({ tenantId: context.tenantId, appId, secret }, patienceMs, context);
}

/** Reads the vault secret and tests it with Entra. */
export async function observeClientSecret(
  context: Context,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  return checkClientSecret(context, await observeVaultSecret(context.vault), registration);
}

/**
 * Applies the plan. Afterwards the vault holds a secret that Entra accepts.
 * @throws ActionError client-secret-refused, and those of `addPassword`
 */
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
  // Another run finished first and removed this run's secret as superseded.
  context.log.info(`Another run removed client secret ${first.refused}; continuing with the one in the vault`);
  const asNeeded = { ...wanted, rotate: 'auto' } as const;
  const planned = await planAgain(context, asNeeded, current);
  const second = await attempt(context, asNeeded, planned, { ...owner, application: current });
  if ('vaultSecret' in second) return second;
  throw refused(application, second.refused);
}

/** @returns the secret, or the key ID of a new one that Entra refuses */
async function attempt(
  context: Context,
  wanted: WantedClientSecret,
  plan: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret | { readonly refused: string }> {
  const { decision } = plan;
  if (decision.kind === 'keep' && isRead(decision.secret))
    return kept(context, plan, decision.secret, owner.application);
  if (decision.kind === 'replace') return replace(context, wanted, plan, owner);
  if (decision.kind === 'recover') await recoverVaultSecret(context.vault);
  return attempt(context, wanted, await planAgain(context, wanted, owner.application), owner);
}

/** Plans again from the current vault secret. */
async function planAgain(
  context: Context,
  wanted: WantedClientSecret,
  application: Application,
): Promise<ClientSecretPlan> {
  const state = await observeClientSecret(context, Promise.resolve(application));
  return planClientSecret(wanted, state, application, new Date());
}

/** Creates a new secret on the registration, stores it in the vault and tests it, in this order. */
async function replace(
  context: Context,
  { secretLifetime, ownerTag }: WantedClientSecret,
  plan: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret | { readonly refused: string }> {
  const { graph, log, mask } = context;
  const { application } = owner;
  const password = await addPassword(graph, application, { ownerTag, lifetime: secretLifetime }, mask);
  const { keyId, secret, expiresOn, longestLifeInDays } = password;
  if (longestLifeInDays !== undefined) {
    log.warning(
      'The client secret has a shorter lifetime than requested',
      `An app management policy of the tenant allows ${formatDays(longestLifeInDays)}, not ${days(secretLifetime)}; rotate-before is shortened in proportion`,
    );
  }
  const vaultSecret = await store(context, password, owner);
  log.info(`Client secret ${keyId} stored as ${vaultSecret.id}`);
  const accepted = (await test(context, application.appId, secret, REPLICATION_MS)) !== 'refused';
  if (!accepted) return { refused: keyId };
  const retainedUntil = endOfOverlap(context, plan, vaultSecret);
  return { vaultSecret, expiresOn, rotated: true, superseded: plan.superseded, retainedUntil };
}

/** When the last of the retained passwords can be removed. */
function endOfOverlap(
  { inputs }: Pick<Context, 'inputs'>,
  { retained }: ClientSecretPlan,
  { createdOn }: VaultSecret,
): Date | undefined {
  if (retained.length === 0 || !createdOn) return undefined;
  return new Date(createdOn.getTime() + milliseconds(inputs.overlap));
}

/** Returns `known`, or a newer secret that another run has stored meanwhile, once Entra accepts it. */
export async function newestClientSecret(
  context: Context,
  known: ClientSecret,
  application: Application,
): Promise<ClientSecret> {
  const vault = await observeVaultSecret(context.vault);
  if (vault.kind !== 'present' || vault.secret.version === known.vaultSecret.version) return known;
  const { keyId, value, expiresOn } = vault.secret;
  context.log.info(`Another run stored client secret ${keyId}; continuing with that one`);
  if ((await test(context, application.appId, value, REPLICATION_MS)) === 'refused')
    throw refused(application, keyId ?? '');
  return { ...known, vaultSecret: vault.secret, expiresOn };
}

/** Stores a password in the vault. If that fails, removes it, because its value would be lost. */
async function store(
  { graph, vault, log }: Context,
  { secret, keyId, ...life }: NewPassword,
  { application, servicePrincipalId }: SecretOwner,
): Promise<ReadVaultSecret> {
  const ids = { keyId, clientId: application.appId, applicationObjectId: application.objectId, servicePrincipalId };
  try {
    return await storeVaultSecret(vault, { ...life, ...ids, value: secret });
  } catch (error) {
    // The user needs to see why storing it failed, not why the clean-up did.
    const removed = await removePassword(graph, application, keyId, true).catch(() => false);
    if (!removed) log.info(stays(keyId));
    throw error;
  }
}

const isRead = (secret: VaultSecret): secret is ReadVaultSecret => secret.value !== undefined;

function kept(
  context: Context,
  plan: ClientSecretPlan,
  secret: ReadVaultSecret,
  application: Application,
): ClientSecret {
  const password = passwordOf({ application }, secret);
  return {
    vaultSecret: secret,
    expiresOn: password?.endsOn ?? secret.expiresOn,
    rotated: false,
    superseded: plan.superseded,
    retainedUntil: endOfOverlap(context, plan, secret),
  };
}

function refused(application: Application, keyId: string): ActionError {
  return new ActionError({
    id: 'client-secret-refused',
    what: `Entra refuses the new client secret ${keyId} of app registration ${application.displayName}`,
    why: `Entra did not accept it within ${REPLICATION_MS / 1000} seconds; Headlamp keeps its current one`,
    fix: fix`run the job again; it resumes with the secret in the vault.`,
  });
}
