import {
  observeVaultSecret,
  recoverVaultSecret,
  storeVaultSecret,
  type VaultClient,
  type VaultSecret,
  type VaultSecretState,
} from './azure/vault-secret.ts';
import type { ChangeLine } from './change.ts';
import type { Application, PasswordCredential } from './entra/application.ts';
import type { Graph } from './entra/graph.ts';
import { addPassword, ownPasswords, passwordMark, removePassword } from './entra/password.ts';
import { type Acceptance, REPLICATION_MS } from './entra/proof.ts';
import { ActionError } from './errors.ts';
import { type Duration, days } from './inputs/duration.ts';
import type { Log } from './log.ts';

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
  /** Keep: the vault's secret is good. Recover: it is deleted, and what it holds is seen only afterwards. */
  readonly decision:
    | { readonly kind: 'keep'; readonly secret: VaultSecret }
    | { readonly kind: 'replace' }
    | { readonly kind: 'recover' };
  /** Passwords that this action made and nothing will use any more. */
  readonly superseded: readonly PasswordCredential[];
}

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
  readonly prove: (appId: string, secret: string, patienceMs: number) => Promise<Acceptance>;
  readonly mask: (secret: string) => void;
}

export const vaultSecretUri = (vault: VaultClient) => `${vault.secrets.vaultUrl}/secrets/${vault.secretName}`;

/** Asks Entra about the secret only where it belongs to the registration. A refusal of a new one may be replication lag. */
export async function judgeSecret(
  tools: Pick<ClientSecretTools, 'prove'>,
  vault: VaultSecretState,
  application: Application | undefined,
  now: Date,
): Promise<ClientSecretState> {
  if (vault.kind !== 'present' || !application) return { vault, acceptance: undefined };
  const { secret } = vault;
  if (secret.clientId !== undefined && secret.clientId !== application.appId) return { vault, acceptance: undefined };
  const madeOn = application.passwords.find((password) => password.keyId === secret.keyId)?.startsOn;
  const patience = madeOn ? REPLICATION_MS - (now.getTime() - madeOn.getTime()) : 0;
  return {
    vault,
    acceptance: await tools.prove(application.appId, secret.value, Math.min(REPLICATION_MS, Math.max(0, patience))),
  };
}

/** @throws ActionError client-secret-missing where a new one is needed and `rotate` is never */
export function planClientSecret(
  policy: ClientSecretPolicy,
  state: ClientSecretState,
  application: Application | undefined,
  mark: string,
  now: Date,
): ClientSecretPlan {
  const own = application ? ownPasswords(application, mark) : [];
  if (state.vault.kind === 'deleted') {
    const detail = 'the deleted vault secret, and a new one where it is not good any more';
    return {
      changes: [{ resource: 'client secret', action: 'recover', detail }],
      decision: { kind: 'recover' },
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
  const detail = `${days(policy.secretLifetime)} days; ${reason}`;
  return {
    changes: [{ resource: 'client secret', action: first ? 'create' : 'rotate', detail }, ...removals(own)],
    decision: { kind: 'replace' },
    superseded: own,
  };
}

/** Makes a new secret: on the registration, in the vault, and proven, in this order. One that cannot be stored is removed again. */
export async function applyClientSecret(
  tools: ClientSecretTools,
  policy: ClientSecretPolicy,
  plan: ClientSecretPlan,
  application: Application,
): Promise<ClientSecret> {
  if (plan.decision.kind === 'keep') return kept(plan, plan.decision.secret, application);
  if (plan.decision.kind === 'recover') {
    await recoverVaultSecret(tools.vault, REPLICATION_MS);
    const state = await judgeSecret(tools, await observeVaultSecret(tools.vault), application, new Date());
    return applyClientSecret(
      tools,
      policy,
      planClientSecret(policy, state, application, passwordMark(vaultSecretUri(tools.vault)), new Date()),
      application,
    );
  }
  const password = await addPassword(
    tools.graph,
    application,
    passwordMark(vaultSecretUri(tools.vault)),
    policy.secretLifetime,
    tools.mask,
  );
  const { keyId, secret: value, expiresOn } = password;
  const vaultSecret = await storeVaultSecret(tools.vault, {
    value,
    expiresOn,
    keyId,
    clientId: application.appId,
  }).catch(async (error: unknown) => {
    // Nobody knows this password any more; the failure to store it is what the user has to hear about.
    await removePassword(tools.graph, application, keyId).catch(() =>
      tools.log.info(`Password ${keyId} stays on the registration until the next run`),
    );
    throw error;
  });
  tools.log.info(`Client secret ${keyId} stored as ${vaultSecret.id}`);
  if ((await tools.prove(application.appId, value, REPLICATION_MS)) === 'refused') throw refused(application, keyId);
  return { vaultSecret, expiresOn, rotated: true, superseded: plan.superseded };
}

/** Removes what nothing uses any more, unless another run has made one of them the vault's secret in the meantime. */
export async function removeSuperseded(
  tools: ClientSecretTools,
  { superseded, vaultSecret }: ClientSecret,
  application: Application,
): Promise<void> {
  if (superseded.length === 0) return;
  const latest = await observeVaultSecret(tools.vault);
  const inUse = new Set([vaultSecret.keyId, latest.kind === 'present' ? latest.secret.keyId : undefined]);
  const unused = superseded.filter((password) => !inUse.has(password.keyId));
  // One after the other: Entra takes one change to an application at a time.
  for (const password of unused) await removePassword(tools.graph, application, password.keyId);
  tools.log.info(
    `Removed ${unused.length} superseded client secret${unused.length === 1 ? '' : 's'} from the registration`,
  );
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
  return left > days(policy.rotateBefore)
    ? undefined
    : `the present one expires in ${Math.max(0, Math.floor(left))} days`;
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

function refused(application: Application, keyId: string): ActionError {
  return new ActionError({
    id: 'client-secret-refused',
    what: `Entra refuses the new client secret ${keyId} of app registration ${application.displayName}`,
    why: `It did not take it within ${REPLICATION_MS / 1000} seconds; Headlamp keeps the one it runs with`,
    fix: 'run the job again; it goes on with the secret in the vault.',
  });
}
