import { type Duration, days, formatDays } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Application } from './application.ts';
import { graphRefusal } from './graph-error.ts';

/** Entra's refusal of a new client secret, as an ActionError if its reason is known.
 * https://learn.microsoft.com/graph/api/resources/applicationauthenticationmethodpolicy */
export function toPasswordActionError(
  error: unknown,
  application: Application,
  lifetime: Duration,
  graphUrl: string,
): unknown {
  const refusal = graphRefusal(error);
  const text = `${refusal?.code ?? ''} ${refusal?.message ?? ''}`;
  const what = `Entra refused a client secret on app registration ${application.displayName}`;
  const why = refusal?.message ?? '';
  if (/CredentialTypeNotAllowedAsPerAppPolicy/.test(text)) {
    return secretsForbidden(application.appId, graphUrl, why, error);
  }
  if (/CredentialInvalidLifetimeAsPerAppPolicy/.test(text)) {
    return new ActionError(
      {
        id: 'app-secret-lifetime-too-long',
        what,
        why: `An app management policy of the tenant does not allow a lifetime of ${formatDays(days(lifetime))}: ${why}`,
        fix: fix`have an administrator allow client secrets of at least a day for this application; az rest --method GET --url ${graphUrl}/policies/defaultAppManagementPolicy shows the policy.`,
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
        fix: fix`remove unused secrets: az ad app credential delete --id ${application.appId} --key-id KEY_ID; az ad app credential list --id ${application.appId} lists them.`,
      },
      { cause: error },
    );
  }
  return error;
}

/** @param appId undefined if the registration does not exist yet */
export function secretsForbidden(
  appId: string | undefined,
  graphUrl: string,
  why: string,
  cause?: unknown,
): ActionError {
  return new ActionError(
    {
      id: 'app-secrets-forbidden',
      what: 'Entra refuses client secrets on the app registration',
      why: `An app management policy of the tenant forbids client secrets: ${why}`,
      fix: fix`have an administrator exempt ${appId === undefined ? 'the application' : fix`application ${appId}`} (https://learn.microsoft.com/graph/api/resources/appmanagementpolicy); az rest --method GET --url ${graphUrl}/policies/defaultAppManagementPolicy shows the policy.`,
    },
    { cause },
  );
}
