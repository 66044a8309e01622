import { randomUUID } from 'node:crypto';
import type { ServicePrincipal } from '../../entra/objects.ts';
import { newServicePrincipal } from '../../entra/seeds.ts';
import { type JsonObject, stringMap, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { regionOf } from '../request/regions.ts';
import type { ManagedIdentity } from '../state/managed-identity.ts';

export const TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const NAME = /^[a-z0-9][a-z0-9_-]{2,127}$/i;

/** https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities */
export function answerIdentity(call: Call): Answer {
  const { request, state, scope, path } = call;
  call.authorize(`${TYPE}/${verbOf(request.method)}`);
  call.requireResourceGroup();
  if (request.method === 'PUT') return put(call, path['name'] ?? '');
  if (request.method === 'DELETE') return remove(call);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  const found = state.identities.get(scope.toLowerCase());
  if (!found) throw unknown(call);
  return { status: 200, body: model(found, call.tenantId) };
}

export function listIdentities(call: Call): Answer {
  const { request, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(`${TYPE}/read`);
  const inScope = [...state.identities].filter(([id]) => id.startsWith(`${scope.toLowerCase()}/`));
  return { status: 200, body: { value: inScope.map(([, identity]) => model(identity, call.tenantId)) } };
}

function put(call: Call, name: string): Answer {
  const { state, scope, clock, directory, tenantId } = call;
  call.requireProvider('Microsoft.ManagedIdentity');
  const body = bodyOf(call.request);
  refuseUnknown(body, ['location', 'tags', 'properties', 'id', 'name', 'type'], 'Identity');
  if (!NAME.test(name)) throw badRequest('InvalidParameter', `The identity name '${name}' is not valid.`);
  const location = regionOf(text(body, 'location'), TYPE);
  const before = state.identities.get(scope.toLowerCase());
  if (before && before.location !== location)
    throw conflict('InvalidResourceLocation', `The resource '${name}' already exists in '${before.location}'.`);
  const principal = before?.principal ?? newPrincipal(scope, name, tenantId, clock.now());
  directory.servicePrincipals.set(principal.id, principal);
  const identity = { id: before?.id ?? scope, name, location, tags: stringMap(body, 'tags'), principal };
  state.identities.set(scope.toLowerCase(), identity);
  return { status: before ? 200 : 201, headers: { location: scope }, body: model(identity, tenantId) };
}

function newPrincipal(id: string, displayName: string, tenantId: string, createdAt: number): ServicePrincipal {
  const identity = { appId: randomUUID(), properties: { displayName, alternativeNames: ['isExplicit=True', id] } };
  return {
    ...newServicePrincipal(identity, { tenantId, createdAt }),
    servicePrincipalType: 'ManagedIdentity',
    federatedIdentityCredentials: [],
  };
}

function remove({ state, scope, directory }: Call): Answer {
  const found = state.identities.get(scope.toLowerCase());
  if (!found) return { status: 204 };
  state.identities.delete(scope.toLowerCase());
  directory.deleteServicePrincipal(found.principal);
  return { status: 200 };
}

export function verbOf(method: string): string {
  return { PUT: 'write', DELETE: 'delete' }[method] ?? 'read';
}

export function unknown({ path, resourceGroup }: Call): ArmError {
  const message = `The Resource '${TYPE}/${path['name']}' under resource group '${resourceGroup}' was not found.`;
  return new ArmError(404, 'ResourceNotFound', message);
}

function model({ id, name, location, tags, principal }: ManagedIdentity, tenantId: string): JsonObject {
  const properties = { tenantId, principalId: principal.id, clientId: principal.appId };
  return { id, name, type: TYPE, location, tags, properties };
}
