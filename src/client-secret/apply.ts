import {
  observeVaultSecret,
  recoverVaultSecret,
  storeVaultSecret,
  type VaultClient,
  type VaultSecret,
  type VaultSecretState,
  vaultSecretUri,
} from '../azure/vault-secret.ts';
import type { Application, PasswordCredential } from '../entra/application.ts';
import type { Graph } from '../entra/graph.ts';
import { addPassword, type NewPassword, ownerTag, readPasswords, removePassword } from '../entra/password.ts';
import { type Acceptance, REPLICATION_MS } from '../entra/proof.ts';
import type { ChangeLine } from '../lib/change.ts';
import { days, formatDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type ClientSecretPlan, type ClientSecretPolicy, type ClientSecretState, planClientSecret } from './plan.ts';

/** The client secret that Headlamp is to run with. */
export interface ClientSecret {
  readonly vaultSecret: VaultSecret;
  readonly expiresOn: Date | undefined;
  readonly rotated: boolean;
  /** Passwords that nothing uses any more as soon as Headlamp runs with this one. */
  readonly superseded: readonly PasswordCredential[];
}

/** What changing the client secret takes. */
export interface ClientSecretTools {
  readonly graph: Graph;
  readonly vault: VaultClient;
  readonly log: Log;
  /** Asks Entra; patient where the secret may not be replicated yet. */
  readonly testWithEntra: (appId: string, secret: string, patienceMs: number) => Promise<Acceptance>;
  readonly mask: (secret: string) => void;
}

/** The registration that a client secret is made for. */
export interface SecretOwner {
  readonly application: Application;
  /** Noted beside the secret, so that a later run need not look for it first; undefined where this run did not. */
  readonly servicePrincipalId: string | undefined;
}

/**
 * Asks Entra about the secret, beside the look at the registration where the vault notes whose it is. What Entra says
 * counts only of a secret of that registration, and a refusal of a new one may be replication lag.
 */
export async function checkClientSecret(
  { testWithEntra }: Pick<ClientSecretTools, 'testWithEntra'>,
  vault: VaultSecretState,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  if (vault.kind !== 'present') return { vault, acceptance: undefined };
  const { value, clientId, keyId } = vault.secret;
  const asked = clientId === undefined ? undefined : testWithEntra(clientId, value, 0);
  asked?.catch(() => undefined);
  const application = await registration;
  if (!application || (clientId !== undefined && clientId !== application.appId))
    return { vault, acceptance: undefined };
  const madeOn = application.passwords.find((password) => password.keyId === keyId)?.startsOn;
  const patience = madeOn ? Math.min(REPLICATION_MS, REPLICATION_MS - (Date.now() - madeOn.getTime())) : 0;
  const first = await asked;
  if (first === 'accepted' || (first && patience <= 0)) return { vault, acceptance: first };
  return { vault, acceptance: await testWithEntra(application.appId, value, Math.max(0, patience)) };
}

/** What the vault holds now, judged as above. */
export async function observeClientSecret(
  tools: Pick<ClientSecretTools, 'testWithEntra' | 'vault'>,
  registration: Promise<Application | undefined>,
): Promise<ClientSecretState> {
  return checkClientSecret(tools, await observeVaultSecret(tools.vault), registration);
}

/**
 * Makes the plan true: the vault holds a secret that Entra takes, at the latest when this ends.
 * @param again whether a secret that was made before was lost to another run
 */
export async function applyClientSecret(
  tools: ClientSecretTools,
  policy: ClientSecretPolicy,
  plan: ClientSecretPlan,
  owner: SecretOwner,
  again = false,
): Promise<ClientSecret> {
  const { application } = owner;
  if (plan.decision.kind === 'keep') return kept(plan, plan.decision.secret, application);
  if (plan.decision.kind === 'recover') await recoverVaultSecret(tools.vault);
  if (plan.decision.kind !== 'replace')
    return applyClientSecret(tools, policy, await planAnew(tools, policy, application), owner, again);
  const made = await replace(tools, policy, plan, owner);
  if ('vaultSecret' in made) return made;
  const current = { ...application, passwords: await readPasswords(tools.graph, application) };
  const isThere = current.passwords.some(({ keyId }) => keyId === made.refused);
  if (isThere || again) throw refused(application, made.refused);
  // Of two runs that began together, the one that ended first took what the other had made for left over.
  tools.log.info(`Another run has removed client secret ${made.refused}; going on with what the vault holds`);
  const asNeeded = { ...policy, rotate: 'auto' } as const;
  const plannedAnew = await planAnew(tools, asNeeded, current);
  return applyClientSecret(tools, asNeeded, plannedAnew, { ...owner, application: current }, true);
}

/** By what the vault holds now. */
async function planAnew(
  tools: ClientSecretTools,
  policy: ClientSecretPolicy,
  application: Application,
): Promise<ClientSecretPlan> {
  const state = await observeClientSecret(tools, Promise.resolve(application));
  return planClientSecret(policy, state, application, ownerTag(vaultSecretUri(tools.vault)), new Date());
}

/** Makes a new secret: on the registration, in the vault, and proven, in this order. */
async function replace(
  tools: ClientSecretTools,
  { secretLifetime }: ClientSecretPolicy,
  { superseded }: ClientSecretPlan,
  owner: SecretOwner,
): Promise<ClientSecret | { readonly refused: string }> {
  const { application } = owner;
  const tag = ownerTag(vaultSecretUri(tools.vault));
  const password = await addPassword(tools.graph, application, tag, secretLifetime, tools.mask);
  const { keyId, secret, expiresOn, longestLifeInDays } = password;
  if (longestLifeInDays !== undefined) {
    tools.log.warning(
      'The client secret lives shorter than asked for',
      `An app management policy of the tenant allows ${formatDays(longestLifeInDays)}, not ${days(secretLifetime)}; rotate-before is shortened in proportion`,
    );
  }
  const vaultSecret = await store(tools, password, owner);
  tools.log.info(`Client secret ${keyId} stored as ${vaultSecret.id}`);
  const accepted = (await tools.testWithEntra(application.appId, secret, REPLICATION_MS)) !== 'refused';
  return accepted ? { vaultSecret, expiresOn, rotated: true, superseded } : { refused: keyId };
}

/** Where another run has stored a newer secret in the meantime, that one, as soon as Entra takes it. */
export async function newestClientSecret(
  tools: ClientSecretTools,
  known: ClientSecret,
  application: Application,
): Promise<ClientSecret> {
  const vault = await observeVaultSecret(tools.vault);
  if (vault.kind !== 'present' || vault.secret.version === known.vaultSecret.version) return known;
  const { keyId, value, expiresOn } = vault.secret;
  tools.log.info(`Another run has stored client secret ${keyId}; going on with that one`);
  if ((await tools.testWithEntra(application.appId, value, REPLICATION_MS)) === 'refused')
    throw refused(application, keyId ?? '');
  return { ...known, vaultSecret: vault.secret, expiresOn };
}

/** A password that cannot be stored is removed again, as nobody knows it any more. */
async function store(
  tools: ClientSecretTools,
  password: NewPassword,
  { application, servicePrincipalId }: SecretOwner,
): Promise<VaultSecret> {
  const { secret, keyId, ...life } = password;
  try {
    return await storeVaultSecret(tools.vault, {
      ...life,
      value: secret,
      keyId,
      clientId: application.appId,
      applicationObjectId: application.objectId,
      servicePrincipalId,
    });
  } catch (error) {
    // The failure to store it is what the user has to hear about.
    await removePassword(tools.graph, application, keyId).catch(() =>
      tools.log.info(`Password ${keyId} stays on the registration until the next run`),
    );
    throw error;
  }
}

/**
 * Removes what nothing uses any more, unless another run has made one of them the vault's secret in the meantime.
 * @param behind other Headlamps that still run with an older secret; they keep all of them for now
 * @returns the changes of the run, without those that were not made
 */
export async function removeSuperseded(
  tools: ClientSecretTools,
  { superseded, vaultSecret }: ClientSecret,
  application: Application,
  behind: () => Promise<readonly string[]>,
  changes: readonly ChangeLine[],
): Promise<readonly ChangeLine[]> {
  if (superseded.length === 0) return changes;
  const others = await behind();
  if (others.length > 0) {
    tools.log.info(`Superseded client secrets stay until the next run for ${others.join(', ')}, which still uses one`);
    return changes.filter(({ resource, action }) => resource !== 'client secret' || action !== 'delete');
  }
  const latest = await observeVaultSecret(tools.vault);
  const inUse = new Set([vaultSecret.keyId, latest.kind === 'present' ? latest.secret.keyId : undefined]);
  const unused = superseded.filter((password) => !inUse.has(password.keyId));
  // One after the other: Entra takes one change to an application at a time.
  for (const password of unused) await removePassword(tools.graph, application, password.keyId);
  tools.log.info(
    `Removed ${unused.length} superseded client secret${unused.length === 1 ? '' : 's'} from the registration`,
  );
  return changes;
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
    why: `It did not take it within ${REPLICATION_MS / 1000} seconds; Headlamp keeps the one it runs with`,
    fix: 'run the job again; it goes on with the secret in the vault.',
  });
}
