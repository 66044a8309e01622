import { randomUUID } from 'node:crypto';
import type { Application, FederatedIdentityCredential } from '../entra/objects.ts';
import { type JsonObject, strings } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, entity, noContent, requireWrite } from './context.ts';
import { badRequest, GraphError, unknownSegment } from './errors.ts';
import { byKey } from './key.ts';
import { collection, single } from './query.ts';
import { checkProperties, list, nullableText, type Properties, text } from './schema.ts';

const set = 'federatedIdentityCredentials';
/** As documented: at most 20 per application, each with one audience. */
const most = 20;

const properties: Properties = {
  name: text({ longest: 120, refuse: (value) => (/^[A-Za-z0-9][\w-]{2,}$/.test(value) ? undefined : 'is malformed') }),
  issuer: text({ longest: 600 }),
  subject: text({ longest: 600 }),
  audiences: list(text({ longest: 600 }), undefined, 1),
  description: nullableText(600),
};

/** `/applications/ID/federatedIdentityCredentials[/ID or name]` */
export function answerFederatedCredentials(call: Call, application: Application, rest: readonly string[]): Answer {
  const { method } = call.request;
  const [key, further] = rest;
  if (further !== undefined) throw unknownSegment(further);
  if (method !== 'GET') requireWrite(call, application);
  const all = application.federatedIdentityCredentials;
  if (key === undefined) {
    if (method === 'GET') return collection(call, set, all.map(view), { name: ['eq'], subject: ['eq'] });
    if (method === 'POST') return entity(call, 201, set, view(create(call, application)));
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  }
  const named = all.some((credential) => credential.name === key);
  const keys = {
    id: (entry: FederatedIdentityCredential) => entry.id,
    name: (entry: FederatedIdentityCredential) => entry.name,
  };
  const found = byKey(all, { name: named ? 'name' : 'id', value: key }, keys);
  if (method === 'GET') return single(call, set, view(found));
  if (method === 'PATCH') {
    const { name, ...body } = bodyOf(call);
    if (name !== undefined) throw badRequest("Property 'name' is read-only and cannot be set.");
    checkProperties(body, properties);
    application.federatedIdentityCredentials = all.map((one) => (one === found ? { ...found, ...body } : one));
    return noContent;
  }
  if (method !== 'DELETE') throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  application.federatedIdentityCredentials = all.filter((credential) => credential !== found);
  return noContent;
}

function view(credential: FederatedIdentityCredential): JsonObject {
  const { createdAt: _, ...shown } = credential;
  return { description: null, ...shown, audiences: [...credential.audiences] };
}

function create(call: Call, application: Application): FederatedIdentityCredential {
  const body = bodyOf(call);
  checkProperties(body, properties);
  const read = (name: string) => {
    const value = body[name];
    if (typeof value === 'string' && value !== '') return value;
    throw badRequest(`A value is required for property '${name}'.`, 'MissingValue');
  };
  const credential = {
    id: randomUUID(),
    createdAt: call.clock.now(),
    name: read('name'),
    issuer: read('issuer'),
    subject: read('subject'),
    description: typeof body['description'] === 'string' ? body['description'] : null,
    audiences: strings(body['audiences']),
  };
  if (credential.audiences.length !== 1)
    throw badRequest("A value is required for property 'audiences'.", 'MissingValue');
  const others = application.federatedIdentityCredentials;
  if (others.length >= most) throw badRequest(`An application holds at most ${most} federated identity credentials.`);
  if (others.some(({ name }) => name === credential.name))
    throw new GraphError(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      `FederatedIdentityCredential with name ${credential.name} already exists.`,
    );
  if (others.some(({ issuer, subject }) => issuer === credential.issuer && subject === credential.subject))
    throw new GraphError(
      409,
      'Request_MultipleObjectsWithSameKeyValue',
      'The combination of issuer and subject must be unique on this application.',
    );
  application.federatedIdentityCredentials = [...others, credential];
  return credential;
}
