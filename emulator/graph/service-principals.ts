import type { ServicePrincipal } from '../entra/objects.ts';
import { firstPartyServicePrincipal, newServicePrincipal } from '../entra/seeds.ts';
import { firstParties } from '../entra/well-known.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { answerAppRoleAssignments } from './app-role-assignments.ts';
import { servicePrincipalProperties } from './application-schema.ts';
import {
  bodyOf,
  type Call,
  creatorsOf,
  entity,
  holds,
  mayWrite,
  noContent,
  requireRole,
  requireWrite,
} from './context.ts';
import { badRequest, GraphError, unknownSegment } from './errors.ts';
import type { Filterable } from './filter.ts';
import { grantsOf } from './grants.ts';
import { byKey, type Key, type Path } from './key.ts';
import { addOwner, listOwners } from './owners.ts';
import { allowOptions, collection, single } from './query.ts';
import { checkProperties, merge, uuid } from './schema.ts';
import { servicePrincipalView } from './views.ts';

const filterable: Filterable = {
  id: ['eq', 'in'],
  appId: ['eq', 'in'],
  displayName: ['eq', 'in', 'startswith'],
  servicePrincipalNames: ['any'],
  servicePrincipalType: ['eq'],
  accountEnabled: ['eq'],
  tags: ['any'],
};

const alternateKeys = {
  id: (principal: ServicePrincipal) => principal.id,
  appId: (principal: ServicePrincipal) => principal.appId,
};

export async function answerServicePrincipals(call: Call, path: Path): Promise<Answer> {
  if (path.rest[0] === 'oauth2PermissionGrants' && path.key) return grantsOf(call, find(call, path.key));
  requireRole(
    call,
    'Application.ReadWrite.OwnedBy',
    'Application.ReadWrite.All',
    'Application.Read.All',
    ...(call.request.method === 'GET' ? ['Directory.Read.All'] : []),
  );
  if (path.key === undefined) return answerCollection(call, path);
  const operation = `${call.request.method} ${path.rest.join('/')}`.trimEnd();
  if (!operation.startsWith('GET')) allowOptions(call.request.url.searchParams, []);
  const principal = find(call, path.key);
  switch (operation) {
    case 'GET':
      return single(call, 'servicePrincipals', view(call, principal));
    case 'PATCH':
      return update(call, principal);
    case 'DELETE':
      requireWrite(call, principal);
      call.directory.deleteServicePrincipal(principal);
      return noContent;
    case 'GET owners':
      return listOwners(call, principal);
    case 'POST owners/$ref':
      return addOwner(call, principal);
    default:
      if (path.rest[0] === 'appRoleAssignments') return answerAppRoleAssignments(call, principal, path.rest.slice(1));
      throw unknownSegment(path.rest[0] ?? call.request.method);
  }
}

function answerCollection(call: Call, path: Path): Answer {
  if (path.rest.length > 0) throw unknownSegment(path.rest[0] ?? '');
  if (call.request.method === 'POST') return entity(call, 201, 'servicePrincipals', view(call, create(call)));
  if (call.request.method !== 'GET')
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  const found = [...present(call)].map((principal) => view(call, principal));
  return collection(call, 'servicePrincipals', found, filterable);
}

function* present({ directory }: Call): Iterable<ServicePrincipal> {
  for (const principal of directory.servicePrincipals.values()) if (directory.isReplicated(principal)) yield principal;
}

function find(call: Call, key: Key): ServicePrincipal {
  return byKey(present(call), key, alternateKeys);
}

function view(call: Call, principal: ServicePrincipal): JsonObject {
  return servicePrincipalView(principal, call.directory);
}

function create(call: Call): ServicePrincipal {
  requireRole(call, 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy');
  const body = bodyOf(call);
  checkProperties(body, { ...servicePrincipalProperties, appId: uuid });
  const { appId, ...properties } = body;
  if (typeof appId !== 'string')
    throw badRequest("A value is required for property 'appId' of resource 'ServicePrincipal'.", 'MissingValue');
  if (call.directory.servicePrincipal(appId))
    throw new GraphError(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `The service principal cannot be created, updated, or restored because the service principal name ${appId} is already in use.`,
    );
  const created = register(call, appId);
  created.properties = merge(created.properties, properties);
  call.directory.servicePrincipals.set(created.id, created);
  return created;
}

/** With Application.ReadWrite.OwnedBy only for an application that the caller owns, so never for another tenant's. */
function register(call: Call, appId: string): ServicePrincipal {
  const { clock, directory } = call;
  const application = directory.application(appId);
  if (application && !directory.isReplicated(application) && directory.turn('new application') % 2 === 1)
    throw noBackingApplication();
  if (application && directory.isReplicated(application)) {
    if (!mayWrite(call, application)) throw noBackingApplication();
    const created = newServicePrincipal(application, { tenantId: directory.tenant.id, createdAt: clock.now() });
    for (const owner of creatorsOf(call)) created.owners.add(owner);
    return created;
  }
  const firstParty = firstParties.find((entry) => entry.appId === appId);
  if (firstParty === undefined)
    throw badRequest(
      `The appId '${appId}' of the service principal does not reference a valid application object.`,
      'NoBackingApplicationObject',
    );
  if (!holds(call.caller, 'Application.ReadWrite.All')) throw noBackingApplication();
  return firstPartyServicePrincipal(firstParty, directory.cloud, clock.now());
}

/** Said of a new application that is not replicated yet, too. The words are Graph's own. */
function noBackingApplication(): GraphError {
  return new GraphError(
    403,
    'Authorization_RequestDenied',
    'When using this permission, the backing application of the service principal being created must in the local tenant',
  );
}

function update(call: Call, principal: ServicePrincipal): Answer {
  requireWrite(call, principal);
  const body = bodyOf(call);
  checkProperties(body, servicePrincipalProperties);
  principal.properties = merge(principal.properties, body);
  return noContent;
}
