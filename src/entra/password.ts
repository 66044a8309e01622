import { createHash, randomUUID } from 'node:crypto';
import { ActionError } from '../errors.ts';
import { type Duration, days } from '../inputs/duration.ts';
import { listAt, stringAt } from '../json.ts';
import { type Application, type PasswordCredential, parsePassword } from './application.ts';
import { afterOwnWrite, type Graph, graphRefusal } from './graph.ts';

/** A client secret as Entra hands it out, once. */
export interface NewPassword {
  readonly keyId: string;
  readonly secret: string;
  readonly expiresOn: Date;
}

const ATTEMPTS = 3;

/**
 * The mark of passwords made for one vault secret: two clusters that share a registration never touch each other's.
 * @param vaultSecretUri URI of the secret without a version
 */
export function passwordMark(vaultSecretUri: string): string {
  return `headlamp-aks-entra ${createHash('sha256').update(vaultSecretUri.toLowerCase()).digest('hex').slice(0, 12)}`;
}

/** Passwords on the registration that this action made for this vault secret. */
export function ownPasswords(application: Application, mark: string): readonly PasswordCredential[] {
  return application.passwords.filter((password) => password.displayName.startsWith(mark));
}

/**
 * Adds a password that lives for `lifetime`. When an attempt's outcome is unknown, what it may have left is removed
 * before the next one, so that no secret exists which nobody knows.
 * @throws ActionError app-secrets-forbidden, app-secret-lifetime-too-long, app-secret-limit, graph-permission-missing
 */
export async function addPassword(
  graph: Graph,
  application: Application,
  mark: string,
  lifetime: Duration,
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const displayName = `${mark} ${randomUUID().slice(0, 8)}`;
  for (let attempt = 1; ; attempt++) {
    try {
      return await requestPassword(graph, application, displayName, lifetime, mask);
    } catch (error) {
      const explained = explain(error, application, lifetime);
      if (!outcomeUnknown(error) || attempt === ATTEMPTS) throw explained;
      await removeByName(graph, application, displayName);
    }
  }
}

/** Removes a password; one that is gone already is fine. */
export async function removePassword(graph: Graph, application: Application, keyId: string): Promise<void> {
  try {
    await graph.send('POST', {
      doing: `Removing password ${keyId} from app registration ${application.displayName}`,
      path: `/applications/${application.objectId}/removePassword`,
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

/** No answer at all, or a server error: the password may have been made. */
function outcomeUnknown(error: unknown): boolean {
  const status = graphRefusal(error)?.statusCode ?? -1;
  return status === -1 || status >= 500;
}

async function requestPassword(
  graph: Graph,
  application: Application,
  displayName: string,
  lifetime: Duration,
  mask: (secret: string) => void,
): Promise<NewPassword> {
  const endDateTime = new Date(Date.now() + lifetime.seconds * 1000).toISOString();
  const answer = await afterOwnWrite(() =>
    graph.send('POST', {
      doing: `Creating a client secret on app registration ${application.displayName}`,
      path: `/applications/${application.objectId}/addPassword`,
      needs: 'Application.ReadWrite.OwnedBy',
      body: { passwordCredential: { displayName, endDateTime } },
    }),
  );
  const secret = stringAt(answer, 'secretText');
  if (!secret) throw new Error('Microsoft Graph answered addPassword without a secret');
  mask(secret);
  const { keyId, endsOn } = parsePassword(answer);
  return { keyId, secret, expiresOn: endsOn };
}

async function removeByName(graph: Graph, application: Application, displayName: string): Promise<void> {
  const found = await graph.send('GET', {
    doing: 'Reading the passwords of the app registration',
    path: `/applications/${application.objectId}?$select=passwordCredentials`,
    needs: 'Application.ReadWrite.OwnedBy',
  });
  const left = listAt(found, 'passwordCredentials')
    .map(parsePassword)
    .filter((password) => password.displayName === displayName);
  for (const password of left) await removePassword(graph, application, password.keyId);
}

/** https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy */
function explain(error: unknown, application: Application, lifetime: Duration): unknown {
  const refusal = graphRefusal(error);
  const text = `${refusal?.code ?? ''} ${refusal?.message ?? ''}`;
  const what = `Entra refused a client secret on app registration ${application.displayName}`;
  const why = refusal?.message ?? '';
  if (/CredentialTypeNotAllowedAsPerAppPolicy/.test(text)) {
    return new ActionError(
      {
        id: 'app-secrets-forbidden',
        what,
        why: `An app management policy of the tenant forbids client secrets: ${why}`,
        fix: `have an administrator exempt this application: az rest --method GET --url https://graph.microsoft.com/v1.0/policies/defaultAppManagementPolicy shows the policy, https://learn.microsoft.com/graph/api/resources/appmanagementpolicy how to exempt application ${application.appId}.`,
      },
      { cause: error },
    );
  }
  if (/CredentialInvalidLifetimeAsPerAppPolicy/.test(text)) {
    return new ActionError(
      {
        id: 'app-secret-lifetime-too-long',
        what,
        why: `An app management policy of the tenant allows less than ${days(lifetime)} days: ${why}`,
        fix: 'set secret-lifetime (and rotate-before, which has to be shorter) to what the policy allows: az rest --method GET --url https://graph.microsoft.com/v1.0/policies/defaultAppManagementPolicy',
      },
      { cause: error },
    );
  }
  if (refusal?.statusCode === 400 && /limit|maximum|too many/i.test(why)) {
    return new ActionError(
      {
        id: 'app-secret-limit',
        what,
        why,
        fix: `remove secrets nobody uses: az ad app credential list --id ${application.appId}`,
      },
      { cause: error },
    );
  }
  return error;
}
