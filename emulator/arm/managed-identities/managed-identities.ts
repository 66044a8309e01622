import { randomUUID } from 'node:crypto';
import type { FederatedIdentityCredential, ServicePrincipal } from '../../entra/objects.ts';
import { newServicePrincipal } from '../../entra/seeds.ts';
import { type JsonObject, object, stringMap, strings, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { regionOf } from '../request/regions.ts';
import type { ManagedIdentity } from '../state/managed-identity.ts';

const TYPE = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const CREDENTIALS = 'federatedIdentityCredentials';
const NAME = /^[a-z0-9][a-z0-9_-]{2,127}$/i;
const CREDENTIAL_NAME = /^[a-z0-9][a-z0-9_-]{2,119}$/i;
const MOST_CREDENTIALS = 20;

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

/** https://learn.microsoft.com/rest/api/managedidentity/federated-identity-credentials */
export function answerIdentityCredential(call: Call): Answer {
  const { request, state, scope, path } = call;
  call.authorize(`${TYPE}/${CREDENTIALS}/${verbOf(request.method)}`);
  const identity = state.identities.get(scope.toLowerCase());
  if (!identity) throw unknown(call);
  const all = identity.principal.federatedIdentityCredentials ?? [];
  const name = path['credential'];
  if (name === undefined) {
    if (request.method !== 'GET') throw methodNotAllowed(request.method);
    return { status: 200, body: { value: all.map((credential) => credentialModel(identity, credential)) } };
  }
  const found = all.find((credential) => credential.name.toLowerCase() === name.toLowerCase());
  if (request.method === 'PUT') return putCredential(call, identity, name, found);
  if (request.method === 'DELETE') {
    identity.principal.federatedIdentityCredentials = all.filter((credential) => credential !== found);
    return { status: found ? 200 : 204 };
  }
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  if (found) return { status: 200, body: credentialModel(identity, found) };
  throw new ArmError(404, 'NotFound', `The federated identity credential '${name}' was not found.`);
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
  const principal = before?.principal ?? newPrincipal(name, tenantId, clock.now());
  directory.servicePrincipals.set(principal.id, principal);
  const identity = { id: before?.id ?? scope, name, location, tags: stringMap(body, 'tags'), principal };
  state.identities.set(scope.toLowerCase(), identity);
  return { status: before ? 200 : 201, body: model(identity, tenantId) };
}

function newPrincipal(displayName: string, tenantId: string, createdAt: number): ServicePrincipal {
  const identity = { appId: randomUUID(), properties: { displayName } };
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

function putCredential(
  { request }: Call,
  identity: ManagedIdentity,
  name: string,
  before: FederatedIdentityCredential | undefined,
): Answer {
  const credential = newCredential(bodyOf(request), before?.name ?? name, before?.id);
  const others = (identity.principal.federatedIdentityCredentials ?? []).filter((other) => other !== before);
  if (others.length >= MOST_CREDENTIALS)
    throw badRequest('BadRequest', `An identity holds at most ${MOST_CREDENTIALS} federated identity credentials.`);
  if (others.some(({ issuer, subject }) => issuer === credential.issuer && subject === credential.subject))
    throw conflict('Conflict', 'The combination of issuer and subject must be unique on this managed identity.');
  identity.principal.federatedIdentityCredentials = [...others, credential];
  return { status: before ? 200 : 201, body: credentialModel(identity, credential) };
}

function newCredential(body: JsonObject, name: string, id: string = randomUUID()): FederatedIdentityCredential {
  refuseUnknown(body, ['properties', 'id', 'name', 'type'], 'FederatedIdentityCredential');
  const properties = object(body, 'properties');
  refuseUnknown(properties, ['issuer', 'subject', 'audiences'], 'FederatedIdentityCredentialProperties');
  const [issuer = '', subject = ''] = [text(properties, 'issuer'), text(properties, 'subject')];
  const audiences = strings(properties, 'audiences');
  if (!CREDENTIAL_NAME.test(name)) throw badRequest('BadRequest', `The credential name '${name}' is not valid.`);
  if (!issuer.startsWith('https://') || subject === '')
    throw badRequest('BadRequest', 'A federated identity credential needs an issuer with https and a subject.');
  if (audiences.length !== 1)
    throw badRequest('BadRequest', 'A federated identity credential has exactly one audience.');
  return { id, name, issuer, subject, audiences };
}

function verbOf(method: string): string {
  return { PUT: 'write', DELETE: 'delete' }[method] ?? 'read';
}

function unknown({ path, resourceGroup }: Call): ArmError {
  const message = `The Resource '${TYPE}/${path['name']}' under resource group '${resourceGroup}' was not found.`;
  return new ArmError(404, 'ResourceNotFound', message);
}

function model({ id, name, location, tags, principal }: ManagedIdentity, tenantId: string): JsonObject {
  const properties = { tenantId, principalId: principal.id, clientId: principal.appId };
  return { id, name, type: TYPE, location, tags, properties };
}

function credentialModel({ id }: ManagedIdentity, credential: FederatedIdentityCredential): JsonObject {
  const { name, issuer, subject, audiences } = credential;
  return {
    id: `${id}/${CREDENTIALS}/${name}`,
    name,
    type: `${TYPE}/${CREDENTIALS}`,
    properties: { issuer, subject, audiences },
  };
}
