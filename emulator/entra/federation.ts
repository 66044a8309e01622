import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { SigningKey } from '../server/signing-key.ts';
import type { Directory } from './directory.ts';
import { type EntraError, entraError } from './errors.ts';
import { type Application, displayNameOf, type FederatedIdentityCredential } from './objects.ts';

/** An identity provider outside Entra, with the keys that Entra can fetch. */
export interface ExternalIssuer {
  readonly issuer: string;
  readonly signingKey: SigningKey;
}

const checkCredential =
  'Check your federated identity credential Subject, Audience and Issuer against the presented assertion.';
const documentation = 'https://learn.microsoft.com/entra/workload-id/workload-identity-federation';

/** What can authenticate with an assertion: an application or a managed identity. */
export type Federated = Pick<Application, 'appId' | 'properties' | 'federatedIdentityCredentials'>;

interface FederationParts {
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'settings'>;
  readonly issuers: readonly ExternalIssuer[];
}

/** Why the assertion does not authenticate the application; undefined if it does. */
export async function refuseAssertion(
  assertion: string,
  application: Federated,
  { clock, directory, issuers }: FederationParts,
): Promise<EntraError | undefined> {
  const claims = decode(assertion);
  if (claims === undefined) return entraError(400, 'invalid_request', 50027, 'JWT token is invalid or malformed.');
  const known = application.federatedIdentityCredentials.filter(
    ({ createdAt = Number.NEGATIVE_INFINITY }) => clock.now() >= createdAt + directory.settings.federationLag,
  );
  const unmatched = refuseClaims(claims, { ...application, federatedIdentityCredentials: known });
  if (unmatched) return unmatched;
  const issuer = issuers.find((entry) => entry.issuer === claims.iss);
  if (issuer === undefined || !(await isSigned(assertion, issuer)))
    return entraError(
      401,
      'invalid_client',
      50013,
      'Assertion failed signature validation. [Reason - The key was not found.]',
    );
  return refuseTimes(claims, clock);
}

/** Entra matches a credential by issuer, then subject, then audience. The error names the first that does not match. */
function refuseClaims(claims: JWTPayload, application: Federated): EntraError | undefined {
  const credentials = application.federatedIdentityCredentials;
  if (credentials.length === 0) {
    const named = `'${application.appId}'(${displayNameOf(application)})`;
    return entraError(
      401,
      'invalid_client',
      70025,
      `The client ${named} has no configured federated identity credentials.`,
    );
  }
  const byIssuer = credentials.filter((credential) => credential.issuer === claims.iss);
  if (byIssuer.length === 0) return unmatched(700211, 'issuer', claims.iss);
  const bySubject = byIssuer.filter((credential) => credential.subject === claims.sub);
  if (bySubject.length === 0) return refuseSubject(claims.sub, byIssuer);
  const audience = Array.isArray(claims.aud) ? claims.aud[0] : claims.aud;
  const byAudience = bySubject.some((credential) => audience !== undefined && credential.audiences.includes(audience));
  return byAudience ? undefined : unmatched(700212, 'audience', audience);
}

function refuseSubject(subject: string | undefined, credentials: readonly FederatedIdentityCredential[]): EntraError {
  const lower = subject?.toLowerCase();
  if (!credentials.some((credential) => credential.subject.toLowerCase() === lower))
    return unmatched(700213, 'subject', subject);
  return entraError(
    400,
    'invalid_request',
    7002138,
    `No matching federated identity record found for presented assertion subject '${subject}'. The subject matches with case-insensitive comparison, but not with case-sensitive comparison. ${checkCredential} ${documentation}`,
  );
}

function unmatched(code: number, claim: 'issuer' | 'subject' | 'audience', value: string | undefined): EntraError {
  const message = `No matching federated identity record found for presented assertion ${claim} '${value ?? ''}'. ${checkCredential} ${documentation}`;
  return entraError(400, 'invalid_request', code, message);
}

function refuseTimes(claims: JWTPayload, clock: Clock): EntraError | undefined {
  const now = clock.now();
  const from = (claims.nbf ?? 0) * 1000;
  const until = (claims.exp ?? 0) * 1000;
  if (from <= now && now < until) return undefined;
  const [current, start, end] = [now, from, until].map((time) => new Date(time).toISOString());
  return entraError(
    401,
    'invalid_client',
    700024,
    `Client assertion is not within its valid time range. Current time: ${current}, assertion valid from ${start}, expiry time of assertion ${end}. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .`,
  );
}

function decode(assertion: string): JWTPayload | undefined {
  try {
    return decodeJwt(assertion);
  } catch {
    return undefined;
  }
}

/** Checks the signature only: for times, Entra has another error. */
async function isSigned(assertion: string, { issuer, signingKey }: ExternalIssuer): Promise<boolean> {
  try {
    const { iat = 0 } = decodeJwt(assertion);
    const currentDate = new Date(iat * 1000);
    await jwtVerify(assertion, signingKey.publicKey, { algorithms: ['RS256'], issuer, currentDate });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
