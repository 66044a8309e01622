import { randomUUID } from 'node:crypto';
import type { FederatedIdentityCredential } from '../../entra/objects.ts';
import { type JsonObject, object, strings, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import type { ManagedIdentity } from '../state/managed-identity.ts';
import { TYPE, unknown, verbOf } from './managed-identities.ts';

const CREDENTIALS = 'federatedIdentityCredentials';
const CREDENTIAL_NAME = /^[a-z0-9][a-z0-9_-]{2,119}$/i;
const MOST_CREDENTIALS = 20;

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

function putCredential(
  { request, clock }: Call,
  identity: ManagedIdentity,
  name: string,
  before: FederatedIdentityCredential | undefined,
): Answer {
  const wanted = newCredential(bodyOf(request), before?.name ?? name, before?.id);
  const credential = { ...wanted, createdAt: clock.now() };
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

function credentialModel({ id }: ManagedIdentity, credential: FederatedIdentityCredential): JsonObject {
  const { name, issuer, subject, audiences } = credential;
  return {
    id: `${id}/${CREDENTIALS}/${name}`,
    name,
    type: `${TYPE}/${CREDENTIALS}`,
    properties: { issuer, subject, audiences },
  };
}
