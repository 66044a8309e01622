import { randomBytes } from 'node:crypto';
import type { AdapterPayload, Configuration, KoaContextWithOIDC } from 'oidc-provider';
import Provider from 'oidc-provider';
import type { Clock } from '../../lib/clock.ts';
import type { Directory } from '../directory.ts';
import { type Application, redirectUrisOf, type ServicePrincipal, type User } from '../objects.ts';
import type { Tokens } from '../tokens.ts';
import { microsoftGraph } from '../well-known.ts';
import { consented, OPENID_SCOPES, parsePermissions } from './permissions.ts';
import { fromProvider, OFFLINE, toProvider } from './scope.ts';
import { createStore } from './store.ts';

export interface SignInParts {
  readonly clock: Clock;
  readonly directory: Directory;
  readonly tokens: Tokens;
}

/** The provider requires a resource to be a URI. */
const RESOURCE = 'api://';
const DAY = 24 * 60 * 60;

/** A certified OpenID provider at Entra's addresses, with the directory's applications, people and grants. */
export function createProvider(parts: SignInParts): Provider {
  const { directory, tokens } = parts;
  const issuer = `https://${directory.cloud.issuerHost}/${directory.tenant.id}/v2.0`;
  const configuration: Configuration = {
    adapter: createStore((appId) => clientOf(directory.application(appId))),
    clientAuthMethods: ['client_secret_post'],
    claims: { openid: ['sub', 'oid', 'tid', 'ver'], profile: ['name', 'preferred_username'], email: ['email'] },
    conformIdTokenClaims: false,
    // A client's refresh token outlives the browser's session and the next sign-in in it.
    expiresWithSession: () => false,
    cookies: { keys: [randomBytes(32).toString('hex')] },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: (ctx, _client, oneOf) => oneOf?.[0] ?? resourceOf(ctx, directory),
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, resource) => resourceServer(directory, resource.slice(RESOURCE.length)),
      },
    },
    findAccount: (_ctx, id) => account(directory, id),
    formats: {
      customizers: {
        jwt: async (_ctx, token, jwt) => {
          jwt.header = { typ: 'JWT' };
          if ('accountId' in token) jwt.payload = { ...claimsOf(parts, token) };
        },
      },
    },
    interactions: { url: (ctx) => `${mountPathOf(ctx)}/login/${ctx.oidc.entities.Interaction?.uid ?? ''}` },
    issueRefreshToken: async (_ctx, _client, code) => code.scopes.has(OFFLINE),
    jwks: { keys: [tokens.signingKey.privateJwk] },
    loadExistingGrant: (ctx) => loadGrant(ctx, directory),
    pkce: { required: () => false },
    responseTypes: ['code'],
    // Each use returns a new refresh token; the store keeps the old one valid, as Entra does.
    rotateRefreshToken: true,
    routes: { authorization: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token' },
    scopes: ['openid', 'profile', 'email', OFFLINE],
    ttl: {
      AccessToken: () => directory.settings.accessTokenSeconds,
      AuthorizationCode: 600,
      Grant: DAY,
      IdToken: () => directory.settings.accessTokenSeconds,
      Interaction: 3600,
      RefreshToken: 90 * DAY,
      Session: DAY,
    },
  };
  const provider = new Provider(issuer, configuration);
  provider.proxy = true;
  // An application can have several secrets, and the token endpoint has already checked this one.
  provider.Client.prototype.compareClientSecret = () => true;
  return provider;
}

function mountPathOf(ctx: KoaContextWithOIDC): string {
  const whole = 'originalUrl' in ctx.req ? String(ctx.req.originalUrl) : '';
  return whole.slice(0, whole.length - (ctx.req.url ?? '').length);
}

function clientOf(application: Application | undefined): AdapterPayload | undefined {
  return (
    application && {
      client_id: application.appId,
      client_secret: 'checked by the token endpoint',
      redirect_uris: [...redirectUrisOf(application)],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_post',
    }
  );
}

function resourceOf(ctx: KoaContextWithOIDC, directory: Directory): string {
  const permissions = parsePermissions(scopeOf(ctx), directory);
  return RESOURCE + ('audience' in permissions ? permissions.audience : microsoftGraph.appId);
}

function resourceServer(directory: Directory, audience: string) {
  const api = apiOf(directory, audience);
  const names = api?.oauth2PermissionScopes.flatMap(({ value }) => namesOf(audience, value)) ?? [];
  return {
    audience,
    scope: names.join(' '),
    accessTokenFormat: 'jwt' as const,
    jwt: { sign: { alg: 'RS256' as const } },
  };
}

/** The ways in which a client may write the permission. */
function namesOf(audience: string, permission: string): readonly string[] {
  const own = OPENID_SCOPES.some((name) => name === permission);
  return audience === microsoftGraph.appId && !own
    ? [permission, `${audience}/${permission}`]
    : [`${audience}/${permission}`];
}

function apiOf(directory: Directory, audience: string): ServicePrincipal | undefined {
  return [...directory.servicePrincipals.values()].find((entry) => entry.servicePrincipalNames.includes(audience));
}

function account(directory: Directory, id: string) {
  const user = directory.users.get(id);
  return user && { accountId: user.id, claims: () => idTokenClaims(user, directory.tenant.id) };
}

function idTokenClaims({ id, displayName, userPrincipalName }: User, tenantId: string) {
  return {
    sub: id,
    oid: id,
    tid: tenantId,
    ver: '2.0',
    name: displayName,
    preferred_username: userPrincipalName,
    email: userPrincipalName,
  };
}

function claimsOf(
  { directory, tokens }: SignInParts,
  token: {
    accountId?: string;
    clientId?: string | undefined;
    scope?: string | undefined;
    aud?: string | string[] | undefined;
  },
) {
  const user = directory.users.get(token.accountId ?? '');
  if (user === undefined) throw new Error(`There is no person ${token.accountId}.`);
  const scopes = (token.scope ?? '').split(' ').map((name) => name.slice(name.lastIndexOf('/') + 1));
  return tokens.delegatedClaims({
    audience: String(token.aud),
    user,
    appId: token.clientId ?? '',
    groups: directory.groupsOf(user.id),
    scopes: scopes.filter((name) => name !== ''),
  });
}

/** The directory's grants to the client for this person, as a grant of the provider. */
async function loadGrant(ctx: KoaContextWithOIDC, directory: Directory) {
  const { client, session, provider } = ctx.oidc;
  const personId = session?.accountId;
  const permissions = parsePermissions(scopeOf(ctx), directory);
  const principal = directory.servicePrincipal(client?.clientId ?? '');
  const graph = directory.servicePrincipal(microsoftGraph.appId);
  if (!personId || !client || !principal || !graph || !('api' in permissions)) return undefined;
  const grant = new provider.Grant({ clientId: client.clientId, accountId: personId });
  const openid = consented(directory, principal, graph, personId);
  grant.addOIDCScope(toProvider(openid.join(' ')));
  const granted = consented(directory, principal, permissions.api, personId);
  const names = granted.flatMap((name) => namesOf(permissions.audience, name));
  grant.addResourceScope(RESOURCE + permissions.audience, names.join(' '));
  await grant.save();
  return grant;
}

/** The scope parameter as the client wrote it. */
function scopeOf(ctx: KoaContextWithOIDC): string {
  return fromProvider(String(ctx.oidc.params?.['scope'] ?? ''));
}
