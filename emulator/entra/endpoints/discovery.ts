import type { CloudNames } from '../../lib/clouds.ts';
import type { JsonObject } from '../../lib/json.ts';

/** The metadata of a tenant's endpoints, version 1 or 2. */
export function openIdConfiguration(cloud: CloudNames, tenantId: string, version: 'v1' | 'v2'): JsonObject {
  const authority = `https://${cloud.issuerHost}`;
  const oauth2 = `${authority}/${tenantId}/oauth2${version === 'v2' ? '/v2.0' : ''}`;
  return {
    token_endpoint: `${oauth2}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri:
      version === 'v2' ? `${authority}/${tenantId}/discovery/v2.0/keys` : `${authority}/${tenantId}/discovery/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: version === 'v2' ? `${authority}/${tenantId}/v2.0` : `https://${cloud.tokenServiceHost}/${tenantId}/`,
    request_uri_parameter_supported: false,
    userinfo_endpoint: `https://${cloud.graph}/oidc/userinfo`,
    authorization_endpoint: `${oauth2}/authorize`,
    device_authorization_endpoint: `${oauth2}/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${oauth2}/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'acr', 'nonce', 'name', 'tid', 'ver', 'email'],
    tenant_region_scope: 'EU',
    cloud_instance_name: cloud.issuerHost.slice('login.'.length),
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: cloud.graph,
    rbac_url: 'https://pas.windows.net',
    kerberos_endpoint: `${authority}/${tenantId}/kerberos`,
  };
}

/** The host names of the cloud. */
export function instanceDiscovery(cloud: CloudNames, tenant: string): JsonObject {
  const own = cloud.issuerHost;
  return {
    tenant_discovery_endpoint: `https://${own}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      {
        preferred_network: own,
        preferred_cache: own === 'login.microsoftonline.com' ? 'login.windows.net' : own,
        aliases: [...new Set([...cloud.authorities, own, cloud.tokenServiceHost])],
      },
    ],
  };
}
