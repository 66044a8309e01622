import type { Answer, Exchange, Service } from '../../server/exchange.ts';
import type { Directory } from '../directory.ts';
import {
  type EntraError,
  entraError,
  errorAnswer,
  isEntraError,
  notMultiTenant,
  unknownApplication,
  unknownTenant,
} from '../errors.ts';
import { displayNameOf } from '../objects.ts';
import { adminConsentPage, errorPage } from '../pages.ts';
import { createSignIn, SIGN_IN_GRANTS, type SignIn } from '../sign-in/sign-in.ts';
import { instanceDiscovery, openIdConfiguration } from './discovery.ts';
import { grantToken, type TokenEndpointParts } from './token-endpoint.ts';

/** Multi-tenant endpoints: they are no directory, so they issue no tokens to an application. */
const multiTenant = ['common', 'organizations', 'consumers'];

/** The Microsoft identity platform's endpoints of one tenant. */
export function createEntra(parts: TokenEndpointParts): Service {
  const { cloud } = parts.directory;
  const signIn = createSignIn(parts);
  return {
    name: 'entra',
    serves: (host) => [...cloud.authorities, cloud.tokenServiceHost].includes(host),
    // Asking for a token changes nothing in the directory.
    writes: () => false,
    answer: async (request) => {
      const [tenant = '', ...rest] = request.url.pathname.slice(1).split('/');
      const path = rest.join('/');
      if (path === 'discovery/instance') return { status: 200, body: instanceDiscovery(cloud, tenant) };
      const { id, domain } = parts.directory.tenant;
      const known = [id, domain].includes(tenant.toLowerCase()) || multiTenant.includes(tenant);
      if (!known) return errorAnswer(invalidTenant(tenant, path), request, parts.clock);
      return answerTenant(request, { tenant, path }, parts, signIn);
    },
  };
}

async function answerTenant(
  request: Exchange,
  { tenant, path }: { readonly tenant: string; readonly path: string },
  parts: TokenEndpointParts,
  signIn: SignIn,
): Promise<Answer> {
  const { directory } = parts;
  const id = multiTenant.includes(tenant) ? tenant : directory.tenant.id;
  switch (`${request.method} ${path}`) {
    case 'GET v2.0/.well-known/openid-configuration':
      return { status: 200, body: openIdConfiguration(directory.cloud, id, 'v2') };
    case 'GET .well-known/openid-configuration':
      return { status: 200, body: openIdConfiguration(directory.cloud, id, 'v1') };
    case 'GET discovery/keys':
    case 'GET discovery/v2.0/keys':
      return { status: 200, body: parts.tokens.signingKey.jwks };
    case 'GET oauth2/v2.0/authorize':
      return multiTenant.includes(tenant)
        ? errorPage(notMultiTenant(request.url.searchParams.get('client_id'), tenant))
        : signIn.authorize(request, `/${tenant}`);
    case 'GET adminconsent':
      return answerAdminConsent(request, directory);
    case 'POST oauth2/v2.0/token':
      return answerToken(request, tenant, parts, signIn);
    default:
      return /^(oauth2\/v2\.0\/authorize|login)\/[\w-]+$/.test(path)
        ? signIn.proceed(request, `/${tenant}`)
        : { status: 404 };
  }
}

function answerAdminConsent(request: Exchange, { application, tenant }: Directory): Answer {
  const clientId = request.url.searchParams.get('client_id') ?? '';
  const found = application(clientId);
  return found ? adminConsentPage(displayNameOf(found)) : errorPage(unknownApplication(clientId, tenant.displayName));
}

async function answerToken(
  request: Exchange,
  tenant: string,
  parts: TokenEndpointParts,
  signIn: SignIn,
): Promise<Answer> {
  const refused = refuseRequest(request, tenant);
  if (!refused && SIGN_IN_GRANTS.includes(formOf(request).get('grant_type') ?? ''))
    return signIn.redeem(request, `/${tenant}`);
  const result = refused ?? (await grantToken(formOf(request), parts));
  if (isEntraError(result)) return errorAnswer(result, request, parts.clock);
  return { status: 200, headers: { 'cache-control': 'no-store, no-cache' }, body: result };
}

function refuseRequest(request: Exchange, tenant: string): EntraError | undefined {
  if (multiTenant.includes(tenant)) return notMultiTenant(formOf(request).get('client_id'), tenant);
  if (request.headers['content-type']?.split(';')[0] === 'application/x-www-form-urlencoded') return undefined;
  return entraError(
    400,
    'invalid_request',
    900561,
    'The endpoint only accepts POST requests with content type application/x-www-form-urlencoded.',
  );
}

function formOf(request: Exchange): URLSearchParams {
  return new URLSearchParams(request.body.toString());
}

function invalidTenant(tenant: string, path: string): EntraError {
  const refused = unknownTenant(tenant);
  return path.endsWith('openid-configuration') ? { ...refused, error: 'invalid_tenant' } : refused;
}
