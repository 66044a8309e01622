import type { OAuth2PermissionGrant, ServicePrincipal } from '../entra/objects.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, entity, noContent, requireRole } from './context.ts';
import { badRequest, GraphError, notFound, unknownSegment } from './errors.ts';
import type { Filterable } from './filter.ts';
import { byKey, type Path } from './key.ts';
import { collection, single } from './query.ts';
import { checkProperties, nullableText, oneOf, type Properties, text, uuid } from './schema.ts';

const filterable: Filterable = {
  clientId: ['eq'],
  consentType: ['eq'],
  principalId: ['eq'],
  resourceId: ['eq'],
};

const properties: Properties = {
  clientId: uuid,
  consentType: oneOf('AllPrincipals', 'Principal'),
  principalId: nullableText(),
  resourceId: uuid,
  scope: text({ longest: 3850 }),
};

export async function answerGrants(call: Call, path: Path): Promise<Answer> {
  const { directory, request } = call;
  if (path.rest.length > 0) throw unknownSegment(path.rest[0] ?? '');
  if (request.method === 'GET') requireGrantReader(call);
  else requireRole(call, 'DelegatedPermissionGrant.ReadWrite.All', 'Directory.ReadWrite.All');
  if (path.key === undefined) {
    if (request.method === 'GET') return list(call, [...directory.oauth2PermissionGrants.values()]);
    if (request.method === 'POST') return create(call);
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  }
  const grant = byKey(directory.oauth2PermissionGrants.values(), path.key, { id: (entry) => entry.id });
  switch (request.method) {
    case 'GET':
      return single(call, 'oauth2PermissionGrants', { ...grant });
    case 'PATCH':
      return update(call, grant);
    case 'DELETE':
      directory.oauth2PermissionGrants.delete(grant.id);
      return noContent;
    default:
      throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  }
}

/** The grants that a service principal holds as a client. */
export function grantsOf(call: Call, client: ServicePrincipal): Answer {
  requireGrantReader(call);
  const all = [...call.directory.oauth2PermissionGrants.values()];
  return list(
    call,
    all.filter((grant) => grant.clientId === client.id),
  );
}

function requireGrantReader(call: Call): void {
  requireRole(
    call,
    'Directory.Read.All',
    'Directory.ReadWrite.All',
    'DelegatedPermissionGrant.Read.All',
    'DelegatedPermissionGrant.ReadWrite.All',
  );
}

function list(call: Call, grants: readonly OAuth2PermissionGrant[]): Answer {
  return collection(
    call,
    'oauth2PermissionGrants',
    grants.map((grant) => ({ ...grant })),
    filterable,
  );
}

function create(call: Call): Answer {
  const body = bodyOf(call);
  checkProperties(body, properties);
  const grant = newGrant(body);
  for (const id of [grant.clientId, grant.resourceId]) requirePrincipal(call, id);
  refuseUnknownScopes(call, grant.resourceId, grant.scope);
  const { oauth2PermissionGrants, settings } = call.directory;
  if (oauth2PermissionGrants.has(grant.id)) throw badRequest('Permission entry already exists.');
  oauth2PermissionGrants.set(grant.id, grant);
  if (settings.grantsRefusedThoughWritten)
    throw new GraphError(404, 'Directory_ObjectNotFound', 'Unable to read the company information from the directory.');
  return entity(call, 201, 'oauth2PermissionGrants', { ...grant });
}

function newGrant(body: JsonObject): OAuth2PermissionGrant {
  const read = (name: string) => {
    const value = body[name];
    if (typeof value === 'string' && value !== '') return value;
    throw badRequest(`A value is required for property '${name}' of resource 'OAuth2PermissionGrant'.`, 'MissingValue');
  };
  const [clientId, resourceId, scope] = [read('clientId'), read('resourceId'), read('scope')];
  const principal = read('consentType') === 'Principal';
  if (!principal && typeof body['principalId'] === 'string')
    throw badRequest("principalId must be null where consentType is 'AllPrincipals'.");
  const principalId = principal ? read('principalId') : null;
  const consentType = principal ? 'Principal' : 'AllPrincipals';
  return { id: grantId([clientId, resourceId, principalId]), clientId, consentType, principalId, resourceId, scope };
}

/** A grant's id is made of its other ids, so there is one grant for each combination. */
function grantId(ids: readonly (string | null)[]): string {
  return Buffer.concat(ids.filter((id) => id !== null).map(bytesOf)).toString('base64url');
}

/** As .NET orders them: the first three parts backwards. */
function bytesOf(id: string): Buffer {
  const [first = '', second = '', third = '', ...rest] = id.split('-');
  const backwards = [first, second, third].map((part) => Buffer.from(part, 'hex').reverse());
  return Buffer.concat([...backwards, Buffer.from(rest.join(''), 'hex')]);
}

function update(call: Call, grant: OAuth2PermissionGrant): Answer {
  const body = bodyOf(call);
  checkProperties(body, { scope: text({ longest: 3850 }) });
  const scope = body['scope'];
  if (typeof scope !== 'string') throw badRequest("A value is required for property 'scope'.", 'MissingValue');
  refuseUnknownScopes(call, grant.resourceId, scope);
  grant.scope = scope;
  return noContent;
}

function requirePrincipal({ directory }: Call, id: string): void {
  const principal = directory.servicePrincipals.get(id);
  if (principal !== undefined && directory.isReplicated(principal)) return;
  const { message } = notFound(id);
  throw directory.turn('new principal') % 2 === 0 ? notFound(id) : badRequest(message);
}

/** Only scopes that the resource exposes can be granted. */
function refuseUnknownScopes({ directory }: Call, resourceId: string, scope: string): void {
  const exposed = directory.servicePrincipals.get(resourceId)?.oauth2PermissionScopes ?? [];
  for (const name of scope.split(' ').filter((entry) => entry !== ''))
    if (!exposed.some((entry) => entry.value.toLowerCase() === name.toLowerCase()))
      throw badRequest(`Scope '${name}' is not exposed by the resource '${resourceId}'.`);
}
