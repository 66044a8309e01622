import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { instanceDiscovery, openIdConfiguration } from './discovery.ts';
import { type EntraError, errorAnswer, isRefusal, refusal, unknownTenant } from './errors.ts';
import { adminConsentPage, authorizePage } from './pages.ts';
import { grantToken, type TokenEndpointParts } from './token-endpoint.ts';

/** Tenants of their own kind: they name no directory, and so give no token to an application. */
const multiTenant = ['common', 'organizations', 'consumers'];

/** The Microsoft identity platform's endpoints of one tenant. */
export function createEntra(parts: TokenEndpointParts): Service {
  const { cloud } = parts.directory;
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
      return answerTenant(request, tenant, path, parts);
    },
  };
}

async function answerTenant(
  request: Exchange,
  tenant: string,
  path: string,
  parts: TokenEndpointParts,
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
      return authorizePage(request, directory);
    case 'GET adminconsent':
      return adminConsentPage(request, directory);
    case 'POST oauth2/v2.0/token':
      return answerToken(request, tenant, parts);
    default:
      return { status: 404 };
  }
}

async function answerToken(request: Exchange, tenant: string, parts: TokenEndpointParts): Promise<Answer> {
  const result = refuseRequest(request, tenant) ?? (await grantToken(formOf(request), parts));
  if (isRefusal(result)) return errorAnswer(result, request, parts.clock);
  return { status: 200, headers: { 'cache-control': 'no-store, no-cache' }, body: result };
}

function refuseRequest(request: Exchange, tenant: string): EntraError | undefined {
  if (multiTenant.includes(tenant))
    return refusal(
      400,
      'invalid_request',
      50194,
      `Application '${formOf(request).get('client_id')}' is not configured as a multi-tenant application. Usage of the /${tenant} endpoint is not supported for such apps. Use a tenant-specific endpoint or configure the application to be multi-tenant.`,
    );
  if (request.headers['content-type']?.split(';')[0] === 'application/x-www-form-urlencoded') return undefined;
  return refusal(
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
