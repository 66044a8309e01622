import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { path } from '../lib/api-path.ts';
import { type Duration, days, inDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { listAt, stringAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil } from '../lib/polling.ts';
import { EQUAL_READS, WAITS } from '../lib/waits.ts';
import { type Application, type PasswordCredential, parsePassword } from './application.ts';
import { asOwner } from './application-owner.ts';
import { type Graph, isCollision, retryOnReplicationLag } from './graph.ts';
import { graphRefusal } from './graph-error.ts';
import { toPasswordActionError } from './password-error.ts';

/** A new client secret. Entra returns its value only once. */
export interface NewPassword {
  readonly keyId: string;
  readonly secret: string;
  readonly expiresOn: Date;
  /** Set if a policy of the tenant limits the lifetime to this. */
  readonly longestLifeInDays: number | undefined;
}

/** A password to add. */
export interface WantedPassword {
  /** Prefix of its display name, by which later runs recognise it. */
  readonly ownerTag: string;
  readonly lifetime: Duration;
}

const TAG_PREFIX = 'headlamp-aks-entra';

const ATTEMPTS = 5;

/**
 * The tag of the passwords for one vault secret: clusters that share a registration leave each other's passwords alone.
 * @param vaultSecretUri URI of the secret without a version
 */
export function ownerTagOf(vaultSecretUri: string): string {
  return `${TAG_PREFIX} ${createHash('sha256').update(vaultSecretUri.toLowerCase()).digest('hex').slice(0, 12)}`;
}

/** Passwords on the registration that this action created for this vault secret. */
export function ownPasswords(application: Application, tag: string): readonly PasswordCredential[] {
  return application.passwords.filter((password) => password.displayName.startsWith(tag));
}

/** Whether this action added it, for any vault secret. */
export const isOwnPassword = ({ displayName }: PasswordCredential): boolean => displayName.startsWith(`${TAG_PREFIX} `);

/** Passwords that this action did not add. */
export function foreignPasswords(application: Application): readonly PasswordCredential[] {
  return application.passwords.filter((password) => !isOwnPassword(password));
}

/** Passwords that this action added for another vault secret: of a second deployment with the same registration. */
export function passwordsOfOthers(application: Application, ownerTag: string): readonly PasswordCredential[] {
  return application.passwords.filter(
    ({ displayName }) => displayName.startsWith(`${TAG_PREFIX} `) && !displayName.startsWith(ownerTag),
  );
}

/**
 * Adds a password with this `lifetime`, or the longest that an app management policy of the tenant allows.
 * @throws ActionError app-secrets-forbidden, app-secret-lifetime-too-long if the policy does not allow even a day,
 *   app-secret-limit, graph-permission-missing
 */
export async function addPassword(
  graph: Graph,
  application: Application,
  { ownerTag: tag, lifetime }: WantedPassword,
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const add = (life: Duration) => addOnce(graph, application, { ownerTag: tag, lifetime: life }, mask);
  try {
    return await add(lifetime);
  } catch (error) {
    if (!isTooLong(error)) throw error;
    return longestAllowed(error, lifetime, add, (keyId) => removePassword(graph, application, keyId, true));
  }
}

/**
 * Finds the longest allowed lifetime in whole days by trying, because the policy itself may be unreadable. A refused
 * attempt leaves nothing behind; of the passwords created on the way, only the last is kept.
 */
async function longestAllowed(
  refusal: ActionError,
  refused: Duration,
  add: (life: Duration) => Promise<NewPassword>,
  remove: (keyId: string) => Promise<unknown>,
): Promise<NewPassword> {
  let last = refusal;
  let longest: NewPassword | undefined;
  let [allowed, tooLong] = [0, Math.ceil(days(refused))];
  while (tooLong - allowed > 1) {
    const life = Math.floor((allowed + tooLong) / 2);
    try {
      const password = await add(inDays(life));
      if (longest) await remove(longest.keyId);
      longest = { ...password, longestLifeInDays: life };
      allowed = life;
    } catch (error) {
      if (!isTooLong(error)) throw error;
      last = error;
      tooLong = life;
    }
  }
  if (!longest) throw last;
  return longest;
}

function isTooLong(error: unknown): error is ActionError {
  return error instanceof ActionError && error.failure.id === 'app-secret-lifetime-too-long';
}

/** If an attempt's outcome is unknown, first removes the password that it may have created: its value is lost. */
async function addOnce(
  graph: Graph,
  application: Application,
  { ownerTag: tag, lifetime }: WantedPassword,
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const displayName = `${tag} ${randomUUID().slice(0, 8)}`;
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestPassword(graph, application, { displayName, lifetime }, mask);
    } catch (error) {
      const explained = toPasswordActionError(error, application, lifetime, graph.url);
      if (!outcomeUnknown(error) || attempt === ATTEMPTS) throw explained;
      if (isCollision(error)) await sleep(attempt * WAITS.replication.intervalMs);
      await removeByName(graph, application, displayName);
    }
  }
}

/** The registration's passwords as they are now. */
export async function readPasswords(graph: Graph, { objectId }: Application): Promise<readonly PasswordCredential[]> {
  const found = await graph.find({
    doing: 'Reading the passwords of the app registration',
    path: path`/applications/${objectId}`,
    query: { $select: 'passwordCredentials' },
    needs: 'Application.ReadWrite.OwnedBy',
  });
  return listAt(found, 'passwordCredentials').map(parsePassword);
}

/**
 * Removes a password. A replica of Entra may not know the password yet, so the removal is repeated until it succeeds,
 * or until several lists in a row lack the password.
 * @param justAdded it is too new to be in every list, so a list without it proves nothing
 * @returns false if it may still be there
 */
export async function removePassword(
  graph: Graph,
  application: Application,
  keyId: string,
  justAdded = false,
): Promise<boolean> {
  let missing = 0;
  const removed = await pollUntil(async () => {
    if (await tryRemove(graph, application, keyId)) return true;
    const listed = (await readPasswords(graph, application)).some((password) => password.keyId === keyId);
    missing = listed || justAdded ? 0 : missing + 1;
    return missing === EQUAL_READS ? true : AGAIN;
  }, WAITS.replication);
  return removed === true;
}

/** Removes several, and logs which stay. @returns those that are gone */
export async function removePasswords<Password extends { readonly keyId: string }>(
  graph: Graph,
  application: Application,
  passwords: readonly Password[],
  log: Log,
): Promise<readonly Password[]> {
  const gone: Password[] = [];
  // One after the other: Entra accepts one change to an application at a time.
  for (const password of passwords)
    if (await removePassword(graph, application, password.keyId)) gone.push(password);
    else log.info(stays(password.keyId));
  return gone;
}

/** For the log. */
export const stays = (keyId: string) =>
  `Client secret ${keyId} is not replicated everywhere in Entra yet, so it stays on the registration; the next run removes it`;

/** @returns false if Entra does not know it */
async function tryRemove(graph: Graph, application: Application, keyId: string): Promise<boolean> {
  try {
    await asOwner(graph, application, () =>
      graph.send('POST', {
        doing: `Removing password ${keyId} from app registration ${application.displayName}`,
        path: path`/applications/${application.objectId}/removePassword`,
        needs: 'Application.ReadWrite.OwnedBy',
        body: { keyId },
      }),
    );
    return true;
  } catch (error) {
    const refusal = graphRefusal(error);
    const unknown =
      refusal?.statusCode === 404 ||
      (refusal?.statusCode === 400 && /No password credential found/i.test(refusal.message));
    if (unknown) return false;
    throw error;
  }
}

/** No response, a server error, or others who wrote at the same moment: the password may exist. */
function outcomeUnknown(error: unknown): boolean {
  const status = graphRefusal(error)?.statusCode ?? -1;
  return status === -1 || status >= 500 || isCollision(error);
}

async function requestPassword(
  graph: Graph,
  application: Application,
  { displayName, lifetime }: { readonly displayName: string; readonly lifetime: Duration },
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const endDateTime = new Date(Date.now() + lifetime.seconds * 1000).toISOString();
  const request = () =>
    graph.send('POST', {
      doing: `Creating a client secret on app registration ${application.displayName}`,
      path: path`/applications/${application.objectId}/addPassword`,
      needs: 'Application.ReadWrite.OwnedBy',
      body: { passwordCredential: { displayName, endDateTime } },
    });
  const answer = await retryOnReplicationLag(() => asOwner(graph, application, request));
  const secret = stringAt(answer, 'secretText');
  if (!secret) throw new Error('Microsoft Graph answered addPassword without a secret');
  mask(secret);
  const { keyId, endsOn } = parsePassword(answer);
  return { keyId, secret, expiresOn: endsOn, longestLifeInDays: undefined };
}

async function removeByName(graph: Graph, application: Application, displayName: string): Promise<void> {
  const left = (await readPasswords(graph, application)).filter((password) => password.displayName === displayName);
  for (const password of left) await removePassword(graph, application, password.keyId);
}
