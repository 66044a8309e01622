import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Directory } from './directory.ts';
import { type EntraError, entraError } from './errors.ts';
import type { Application } from './objects.ts';

/** @returns why Entra refuses the client secret now; undefined if it is valid */
export function refuseSecret(
  secret: string,
  application: Pick<Application, 'appId' | 'passwordCredentials'>,
  { clock, directory }: { readonly clock: Clock; readonly directory: Directory },
): EntraError | undefined {
  const now = clock.now();
  const known = application.passwordCredentials.find((credential) => isSame(credential.secretText, secret));
  const accepted = known && now >= known.createdAt + directory.settings.passwordLag;
  if (!accepted || now < Date.parse(known.startDateTime))
    return entraError(
      401,
      'invalid_client',
      7000215,
      `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${application.appId}'.`,
    );
  if (now < Date.parse(known.endDateTime)) return undefined;
  return entraError(
    401,
    'invalid_client',
    7000222,
    `The provided client secret keys for app '${application.appId}' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.`,
  );
}

function isSame(expected: string, presented: string): boolean {
  const [one, other] = [Buffer.from(expected), Buffer.from(presented)];
  return one.length === other.length && timingSafeEqual(one, other);
}
