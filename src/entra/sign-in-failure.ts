import { AKS_SERVER_APP_ID } from '../azure/cloud.ts';
import { hostUnreachable } from '../http/network-cause.ts';
import { ActionError, type ErrorId, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { type EntraRefusal, entraRefusal, quoted } from './refusal.ts';
import { aksServerApplicationMissing } from './service-principal.ts';
import { causeOf, type Refused } from './sign-in-causes.ts';

/** The error of each way to sign in, for a cause without an id of its own. */
const FAILURES: Readonly<Record<Refused['by'], { readonly id: ErrorId; readonly what: string }>> = {
  'GitHub ID token': { id: 'sign-in-failed', what: 'Signing in to Entra failed for application' },
  'client secret': { id: 'client-secret-refused', what: 'Entra could not test the client secret of application' },
  'az CLI': { id: 'azure-cli-not-signed-in', what: 'The az CLI on this runner gave no token for' },
  'managed identity': { id: 'managed-identity-unavailable', what: 'This runner got no token for managed identity' },
};

/**
 * The error for a sign-in that Entra refused, explained by its AADSTS number. Unknown numbers end with Entra's own
 * words.
 * @param error of the library or program that asked Entra; it quotes the answer
 */
export function signInFailure(error: unknown, refused: Refused): ActionError {
  const message = messageOf(error);
  const refusal = entraRefusal(message);
  if (refusal.number === '500011' && message.includes(AKS_SERVER_APP_ID)) return aksServerApplicationMissing();
  const cause = causeOf(refusal.number);
  const { id, what: failed } = FAILURES[refused.by];
  const what = `${failed} ${refused.clientId} in tenant ${refused.tenantId}`;
  const silent = hostUnreachable(error, what);
  if (silent) return silent;
  const said = refusal.number === undefined ? refusal.words : `Entra said: ${quoted(refusal)}`;
  return new ActionError({
    id: (refused.by === 'GitHub ID token' ? cause?.id : undefined) ?? id,
    what,
    why: cause ? `${cause.why}. ${said}` : said,
    fix: cause?.fix(refused) ?? lookUp(refusal, refused),
  });
}

function lookUp({ number }: EntraRefusal, { cloud }: Refused): Fix {
  if (number === undefined) return fix`run the job again; if it fails again, look at the tenant's sign-in log.`;
  const page = new URL(`${cloud.authority}/error?code=${number}`);
  return fix`read ${page} on AADSTS${number}; to find the attempt in the tenant's sign-in log, look for its correlation ID.`;
}
