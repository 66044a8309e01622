import { randomUUID } from 'node:crypto';
import { defaultApplicationProperties } from '../entra/defaults.ts';
import type { Application } from '../entra/objects.ts';
import { type JsonObject, strings } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { applicationProperties } from './application-schema.ts';
import { bodyOf, type Call, creatorsOf, entity, noContent, prefers, requireRole, requireWrite } from './context.ts';
import { badRequest, GraphError, unknownSegment } from './errors.ts';
import { answerFederatedCredentials } from './federated-credentials.ts';
import type { Filterable } from './filter.ts';
import { byKey, type Key, type Path } from './key.ts';
import { addOwner, boundOwners, listOwners } from './owners.ts';
import { addPassword, removePassword } from './passwords.ts';
import { allowOptions, collection, single } from './query.ts';
import { checkProperties, merge } from './schema.ts';
import { applicationView } from './views.ts';

const filterable: Filterable = {
  id: ['eq', 'in'],
  appId: ['eq', 'in'],
  displayName: ['eq', 'in', 'startswith'],
  identifierUris: ['any'],
  signInAudience: ['eq'],
  tags: ['any'],
};

const alternateKeys = {
  id: (application: Application) => application.id,
  appId: (application: Application) => application.appId,
  uniqueName: (application: Application) => application.uniqueName,
};

/** Properties that Graph shows and nobody can set. */
const readOnly = [
  'id',
  'appId',
  'createdDateTime',
  'deletedDateTime',
  'publisherDomain',
  'uniqueName',
  'verifiedPublisher',
  'applicationTemplateId',
  'disabledByMicrosoftStatus',
  'passwordCredentials',
];

export async function answerApplications(call: Call, path: Path): Promise<Answer> {
  requireRole(
    call,
    'Application.Read.All',
    'Application.ReadWrite.OwnedBy',
    'Application.ReadWrite.All',
    ...(call.request.method === 'GET' ? ['Directory.Read.All'] : []),
  );
  if (path.key === undefined) return answerCollection(call, path);
  const operation = `${call.request.method} ${path.rest.join('/').replace('microsoft.graph.', '')}`.trimEnd();
  if (operation !== 'GET') allowOptions(call.request.url.searchParams, []);
  switch (operation) {
    case 'GET':
      return single(call, 'applications', applicationView(find(call, path.key), call.directory));
    case 'PATCH':
      return path.key.name === 'uniqueName' ? upsert(call, path.key) : update(call, find(call, path.key));
    case 'DELETE':
      return remove(call, find(call, path.key));
    case 'GET owners':
      return listOwners(call, find(call, path.key));
    case 'POST owners/$ref':
      return addOwner(call, find(call, path.key));
    case 'POST addPassword':
      return addPassword(call, find(call, path.key));
    case 'POST removePassword':
      return removePassword(call, find(call, path.key));
    default:
      if (path.rest[0] === 'federatedIdentityCredentials')
        return answerFederatedCredentials(call, find(call, path.key), path.rest.slice(1));
      throw unknownSegment(path.rest[0] ?? call.request.method);
  }
}

function answerCollection(call: Call, path: Path): Answer {
  if (path.rest.length > 0) throw unknownSegment(path.rest[0] ?? '');
  if (call.request.method === 'POST') return entity(call, 201, 'applications', view(call, create(call, bodyOf(call))));
  if (call.request.method !== 'GET')
    throw new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
  const found = [...present(call)].map((application) => view(call, application));
  return collection(call, 'applications', found, filterable);
}

/** All that are not deleted and have reached every replica. */
function* present({ directory }: Call): Iterable<Application> {
  for (const application of directory.applications.values())
    if (application.deletedAt === undefined && directory.isReplicated(application)) yield application;
}

function find(call: Call, key: Key): Application {
  return byKey(present(call), key, alternateKeys);
}

function view(call: Call, application: Application): JsonObject {
  return applicationView(application, call.directory);
}

/** @param own under which unique name, and for whom; default: none, for the caller */
function create(
  call: Call,
  body: JsonObject,
  own: { readonly uniqueName: string | null; readonly owners: Set<string> } = {
    uniqueName: null,
    owners: creatorsOf(call),
  },
): Application {
  requireRole(call, 'Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy');
  checkBody(body);
  if (body['displayName'] === undefined)
    throw badRequest("A value is required for property 'displayName' of resource 'Application'.", 'MissingValue');
  refuseTakenUris(call, body);
  const application: Application = {
    id: randomUUID(),
    appId: randomUUID(),
    createdAt: call.clock.now(),
    ...own,
    passwordCredentials: [],
    federatedIdentityCredentials: [],
    properties: merge(defaultApplicationProperties(), body),
  };
  call.directory.applications.set(application.id, application);
  return application;
}

/**
 * PATCH by the client's own key: with `Prefer: create-if-missing` a missing application is created. Writes go to the
 * primary, so this also finds an application that reads do not show yet.
 */
function upsert(call: Call, key: Key): Answer {
  const known = [...call.directory.applications.values()].find(
    (application) => application.uniqueName === key.value && application.deletedAt === undefined,
  );
  if (!prefers(call, 'create-if-missing')) return update(call, find(call, key));
  const { [BIND]: bound, ...body } = bodyOf(call);
  if (body['displayName'] === undefined)
    throw badRequest("A value is required for property 'displayName' of resource 'Application'.", 'MissingValue');
  if (known) return update(call, known);
  refuseTakenName(call, key.value);
  if (key.value === '') throw badRequest("Invalid value specified for property 'uniqueName'.");
  const owners = new Set(bound === undefined ? [] : boundOwners(call, bound));
  if (call.directory.settings.upsertMakesOwner) for (const owner of creatorsOf(call)) owners.add(owner);
  return entity(call, 201, 'applications', view(call, create(call, body, { uniqueName: key.value, owners })));
}

const BIND = 'owners@odata.bind';

/** A deleted application keeps its uniqueName as long as it can be restored. */
function refuseTakenName({ directory }: Call, uniqueName: string): void {
  for (const { uniqueName: taken } of directory.applications.values()) {
    if (taken === uniqueName)
      throw badRequest('Another object with the same value for property uniqueName already exists.', 'ObjectConflict');
  }
}

function update(call: Call, application: Application): Answer {
  requireWrite(call, application);
  const body = bodyOf(call);
  checkBody(body);
  refuseTakenUris(call, body, application);
  application.properties = merge(application.properties, body);
  return prefers(call, 'return=representation')
    ? entity(call, 200, 'applications', view(call, application))
    : noContent;
}

function remove(call: Call, application: Application): Answer {
  requireWrite(call, application);
  call.directory.deleteApplication(application);
  return noContent;
}

function checkBody(body: JsonObject): void {
  const fixed = Object.keys(body).find((name) => readOnly.includes(name));
  if (fixed === 'passwordCredentials')
    throw badRequest('Updates to passwordCredentials are not supported here: use addPassword and removePassword.');
  if (fixed) throw badRequest(`Property '${fixed}' is read-only and cannot be set.`);
  checkProperties(body, applicationProperties);
}

/** An identifier URI is unique in the tenant. */
function refuseTakenUris({ directory }: Call, body: JsonObject, own?: Application): void {
  const wanted = strings(body['identifierUris']);
  for (const other of directory.applications.values()) {
    if (other === own || other.deletedAt !== undefined) continue;
    if (strings(other.properties['identifierUris']).some((uri) => wanted.includes(uri)))
      throw badRequest(
        'Another object with the same value for property identifierUris already exists.',
        'ObjectConflict',
      );
  }
}
