import { randomBytes } from 'node:crypto';
import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { CloudNames } from '../lib/clouds.ts';
import { createSigningKey, type SigningKey } from '../server/signing-key.ts';
import type { Caller, TokenVerifier, Verification } from './caller.ts';
import type { Directory } from './directory.ts';
import type { User } from './objects.ts';

/** Entra backdates a token by five minutes. */
const backdatedSeconds = 300;
/** A token lists at most this many groups; with more, it lists none. */
const mostGroups = 200;

export interface AccessTokenRequest {
  readonly audience: string;
  readonly objectId: string;
  readonly appId: string;
  readonly groups: readonly string[];
  readonly roles: readonly string[];
  /** How the client authenticated: 1 with a secret, 2 with an assertion. */
  readonly appIdAcr: '1' | '2';
  /** Azure resource id of a managed identity. */
  readonly resourceId?: string | undefined;
}

/** A request of an application for a token on behalf of a person. */
export interface DelegatedTokenRequest {
  readonly audience: string;
  readonly user: User;
  readonly appId: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
}

export interface Tokens {
  readonly signingKey: SigningKey;
  readonly verifier: TokenVerifier;
  /** An application's access token of version 1. */
  issue(request: AccessTokenRequest): Promise<string>;
  /** The claims of a person's access token of version 1. */
  delegatedClaims(request: DelegatedTokenRequest): JWTPayload;
}

interface TokensParts {
  readonly clock: Clock;
  readonly cloud: CloudNames;
  readonly directory: Directory;
}

export async function createTokens({ clock, cloud, directory }: TokensParts): Promise<Tokens> {
  const { tenant, settings } = directory;
  const signingKey = await createSigningKey('entra', randomBytes(20).toString('base64url'));
  const issuer = `https://${cloud.tokenServiceHost}/${tenant.id}/`;
  const common = (audience: string, appId: string, groups: readonly string[]) => {
    const now = Math.floor(clock.now() / 1000);
    return {
      aud: audience,
      iss: issuer,
      iat: now - backdatedSeconds,
      nbf: now - backdatedSeconds,
      exp: now + settings.accessTokenSeconds,
      appid: appId,
      ...(groups.length > 0 && groups.length <= mostGroups ? { groups: [...groups] } : {}),
      tid: tenant.id,
      uti: randomBytes(16).toString('base64url'),
      ver: '1.0',
    };
  };
  return {
    signingKey,
    issue: (request) =>
      signingKey.sign({
        ...common(request.audience, request.appId, request.groups),
        appidacr: request.appIdAcr,
        idp: issuer,
        idtyp: 'app',
        oid: request.objectId,
        ...(request.roles.length > 0 ? { roles: [...request.roles] } : {}),
        sub: request.objectId,
        ...(request.resourceId === undefined ? {} : { xms_mirid: request.resourceId }),
      }),
    delegatedClaims: ({ audience, user, appId, groups, scopes }) => ({
      ...common(audience, appId, groups),
      acr: '1',
      amr: ['pwd'],
      appidacr: '1',
      name: user.displayName,
      oid: user.id,
      scp: scopes.join(' '),
      sub: user.id,
      unique_name: user.userPrincipalName,
      upn: user.userPrincipalName,
    }),
    verifier: {
      verify: async (bearerToken, audiences): Promise<Verification> => {
        try {
          const { payload } = await jwtVerify(bearerToken, signingKey.publicKey, {
            algorithms: ['RS256'],
            issuer,
            audience: [...audiences],
            currentDate: new Date(clock.now()),
            requiredClaims: ['exp', 'nbf', 'tid', 'oid', 'appid'],
          });
          return { ok: true, caller: callerOf(payload) };
        } catch (error) {
          if (error instanceof errors.JOSEError) return { ok: false, reason: reasonOf(error) };
          throw error;
        }
      },
    },
  };
}

function callerOf(payload: JWTPayload): Caller {
  const text = (claim: string) => {
    const value = payload[claim];
    return typeof value === 'string' ? value : '';
  };
  const list = (claim: string) => {
    const value = payload[claim];
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
  };
  return {
    objectId: text('oid'),
    appId: text('appid'),
    tenantId: text('tid'),
    groups: list('groups'),
    roles: list('roles'),
  };
}

function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'Lifetime validation failed, the token is expired.';
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return 'Access token validation failure. Invalid audience.';
  if (error instanceof errors.JWTClaimValidationFailed) return `Access token validation failure: ${error.claim}.`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'Signature validation failed.';
  return 'CompactToken parsing failed: the token is not a well formed JWT.';
}
