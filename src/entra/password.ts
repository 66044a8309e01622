import { createHash, randomUUID } from 'node:crypto';
import { path } from '../lib/api-path.ts';
import { type Duration, days, inDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { listAt, stringAt } from '../lib/json.ts';
import { type Application, type PasswordCredential, parsePassword } from './application.ts';
import { type Graph, graphRefusal, retryOnReplicationLag } from './graph.ts';
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
  /** Prefix of its display name, by which later runs recognise it as ours. */
  readonly ownerTag: string;
  readonly lifetime: Duration;
}

const TAG_PREFIX = 'headlamp-aks-entra';

const ATTEMPTS = 3;

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

/** Passwords that this action did not add. */
export function foreignPasswords(application: Application): readonly PasswordCredential[] {
  return application.passwords.filter(({ displayName }) => !displayName.startsWith(`${TAG_PREFIX} `));
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
    return longestAllowed(error, lifetime, add, (keyId) => removePassword(graph, application, keyId));
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
  remove: (keyId: string) => Promise<void>,
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

/**
 * If an attempt's outcome is unknown, the password it may have created is removed before the next attempt, so that no
 * password stays whose value is lost.
 */
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
      await removeByName(graph, application, displayName);
    }
  }
}

/** The registration's passwords as they are now. */
export async function readPasswords(graph: Graph, { objectId }: Application): Promise<readonly PasswordCredential[]> {
  const found = await graph.send('GET', {
    doing: 'Reading the passwords of the app registration',
    path: path`/applications/${objectId}`,
    query: { $select: 'passwordCredentials' },
    needs: 'Application.ReadWrite.OwnedBy',
  });
  return listAt(found, 'passwordCredentials').map(parsePassword);
}

/** Removes a password. No error if it does not exist. */
export async function removePassword(graph: Graph, application: Application, keyId: string): Promise<void> {
  try {
    await graph.send('POST', {
      doing: `Removing password ${keyId} from app registration ${application.displayName}`,
      path: path`/applications/${application.objectId}/removePassword`,
      needs: 'Application.ReadWrite.OwnedBy',
      body: { keyId },
    });
  } catch (error) {
    const refusal = graphRefusal(error);
    const gone =
      refusal?.statusCode === 404 ||
      (refusal?.statusCode === 400 && /No password credential found/i.test(refusal.message));
    if (!gone) throw error;
  }
}

/** No response, or a server error: the password may exist. */
function outcomeUnknown(error: unknown): boolean {
  const status = graphRefusal(error)?.statusCode ?? -1;
  return status === -1 || status >= 500;
}

async function requestPassword(
  graph: Graph,
  application: Application,
  { displayName, lifetime }: { readonly displayName: string; readonly lifetime: Duration },
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const endDateTime = new Date(Date.now() + lifetime.seconds * 1000).toISOString();
  const answer = await retryOnReplicationLag(() =>
    graph.send('POST', {
      doing: `Creating a client secret on app registration ${application.displayName}`,
      path: path`/applications/${application.objectId}/addPassword`,
      needs: 'Application.ReadWrite.OwnedBy',
      body: { passwordCredential: { displayName, endDateTime } },
    }),
  );
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
