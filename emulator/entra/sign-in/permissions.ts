import { randomUUID } from 'node:crypto';
import type { Directory } from '../directory.ts';
import { type EntraError, entraError } from '../errors.ts';
import type { ServicePrincipal } from '../objects.ts';
import { microsoftGraph } from '../well-known.ts';

/** OpenID Connect's own scopes, which Microsoft Graph exposes. */
export const OPENID_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;

/** What a sign-in requests: OpenID Connect's scopes, and delegated permissions on one API. */
export interface Permissions {
  readonly openid: readonly string[];
  readonly api: ServicePrincipal;
  /** As the client named the API: the access token's audience. */
  readonly audience: string;
  /** Names of the permissions on the API, such as user.read. */
  readonly scopes: readonly string[];
}

/** Parses a scope parameter: `RESOURCE/permission`, Graph's permissions without a resource, OpenID Connect's scopes. */
export function parsePermissions(scope: string, directory: Directory): Permissions | EntraError {
  const names = scope.split(' ').filter((name) => name !== '');
  const isOpenid = (name: string) => OPENID_SCOPES.some((own) => own === name);
  const named = names.filter((name) => !isOpenid(name)).map(splitResource);
  const [audience = microsoftGraph.appId, ...others] = [...new Set(named.map(([resource]) => resource))];
  if (others.length > 0)
    return entraError(
      400,
      'invalid_request',
      28000,
      `Provided value for the input parameter scope is not valid because it contains more than one resource. Scope ${scope} is not valid.`,
    );
  const api = [...directory.servicePrincipals.values()].find((entry) => entry.servicePrincipalNames.includes(audience));
  if (api === undefined || !directory.isReplicated(api))
    return entraError(
      400,
      'invalid_resource',
      500011,
      `The resource principal named ${audience} was not found in the tenant named ${directory.tenant.displayName}.`,
    );
  const scopes = named.map(([, permission]) => permission);
  const unknown = scopes.find((permission) => !exposes(api, permission));
  if (unknown === undefined) return { openid: names.filter(isOpenid), api, audience, scopes };
  return entraError(
    400,
    'invalid_client',
    650053,
    `The application asked for scope '${unknown}' that doesn't exist on the resource '${api.appId}'. Contact the app vendor.`,
  );
}

function splitResource(name: string): readonly [string, string] {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? [microsoftGraph.appId, name] : [name.slice(0, slash), name.slice(slash + 1)];
}

function exposes(api: ServicePrincipal, permission: string): boolean {
  return api.oauth2PermissionScopes.some(({ value }) => value.toLowerCase() === permission.toLowerCase());
}

/** The client's permissions on the API by admin consent or by the person's own consent. */
export function consented(
  directory: Directory,
  client: ServicePrincipal,
  api: ServicePrincipal,
  personId: string,
): readonly string[] {
  return [...directory.oauth2PermissionGrants.values()]
    .filter(({ clientId, resourceId }) => clientId === client.id && resourceId === api.id)
    .filter(({ consentType, principalId }) => consentType === 'AllPrincipals' || principalId === personId)
    .flatMap(({ scope }) => scope.split(' '));
}

/** Records what a person accepted on the consent page. */
export function recordConsent(
  directory: Directory,
  client: ServicePrincipal,
  personId: string,
  { openid, api, scopes }: Permissions,
): void {
  const graph = directory.servicePrincipal(microsoftGraph.appId);
  for (const [resource, granted] of [
    [graph, openid],
    [api, scopes],
  ] as const) {
    if (resource === undefined || granted.length === 0) continue;
    const id = randomUUID();
    directory.oauth2PermissionGrants.set(id, {
      id,
      clientId: client.id,
      consentType: 'Principal',
      principalId: personId,
      resourceId: resource.id,
      scope: granted.join(' '),
    });
  }
}
