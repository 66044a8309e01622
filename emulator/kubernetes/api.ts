import { isObject, type JsonObject, object, parseJson, put, text } from '../lib/json.ts';
import type { Answer, Exchange } from '../server/exchange.ts';
import type { Address } from './address.ts';
import { authorize } from './authorization.ts';
import type { Call } from './call.ts';
import { refuseEscalation } from './escalation.ts';
import { mergePatch, strategicMergePatch } from './patch.ts';
import { decodeSecret, PROTOBUF } from './protobuf.ts';
import { groupVersionOf, resourceOf } from './resources.ts';
import { fieldSelector, labelSelector, type Matches } from './selector.ts';
import { withServerFields } from './server-fields.ts';
import {
  alreadyExists,
  badRequest,
  conflict,
  methodNotAllowed,
  notAcceptable,
  notFound,
  terminating,
  unsupportedMediaType,
} from './status.ts';
import { nameOf, namespaceOf } from './store.ts';
import { normalize, unknownFields, validate } from './validation.ts';
import { watch } from './watch.ts';

const APPLY = 'application/apply-patch+yaml';

const PATCHES: Readonly<Record<string, typeof mergePatch>> = {
  'application/merge-patch+json': mergePatch,
  'application/strategic-merge-patch+json': strategicMergePatch,
  [APPLY]: strategicMergePatch,
};

/** Reads and writes of objects, under the rules of the Kubernetes API.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ */
export function answerObjects(call: Call): Answer {
  const { request, address, user, authorizer } = call;
  const verb = verbOf(request, address);
  if (verb === undefined || !address.resource.verbs.includes(verb)) throw methodNotAllowed();
  requireJsonAnswer(request);
  authorize(authorizer, user, verb, address);
  if (address.resource.kind === 'SelfSubjectAccessReview') return reviewAccess(call);
  if (verb === 'get') return { status: 200, body: existing(call) };
  if (verb === 'list') return { status: 200, body: listOf(call) };
  if (verb === 'watch') return watch(call, matching(request));
  if (verb === 'create') return create(call, readBody(call));
  if (verb === 'update') return replace(call, readBody(call));
  if (verb === 'patch') return patch(call);
  if (verb === 'delete') return remove(call);
  for (const entry of selected(call)) call.store.remove(address.resource, namespaceOf(entry), nameOf(entry));
  return { status: 200, body: success() };
}

function verbOf({ method, url }: Exchange, { name }: Address) {
  const one = name !== '';
  if (method === 'GET')
    return one
      ? 'get'
      : url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1'
        ? 'watch'
        : 'list';
  if (method === 'POST') return one ? undefined : 'create';
  if (method === 'PUT') return one ? 'update' : undefined;
  if (method === 'PATCH') return one ? 'patch' : undefined;
  return method === 'DELETE' ? (one ? 'delete' : 'deletecollection') : undefined;
}

/** A real API server also answers in protobuf and tables; the emulator has only JSON, which all clients accept. */
function requireJsonAnswer({ headers }: Exchange): void {
  const accept = headers['accept'] ?? '*/*';
  if (!/application\/(json|\*)|\*\/\*/.test(accept)) throw notAcceptable(['application/json']);
}

function existing({ store, address: { resource, namespace, name } }: Call): JsonObject {
  const found = store.get(resource, namespace, name);
  if (found === undefined) throw notFound(resource, name);
  return found;
}

function matching({ url }: Exchange): Matches {
  const byLabels = labelSelector(url.searchParams.get('labelSelector') ?? '');
  const byFields = fieldSelector(url.searchParams.get('fieldSelector') ?? '');
  return (entry) => byLabels(entry) && byFields(entry);
}

function selected({ store, request, address: { resource, namespace } }: Call): readonly JsonObject[] {
  return store.list(resource, namespace).filter(matching(request));
}

function listOf(call: Call): JsonObject {
  const { resource } = call.address;
  const metadata = { resourceVersion: String(call.store.version()) };
  return { kind: `${resource.kind}List`, apiVersion: groupVersionOf(resource), metadata, items: selected(call) };
}

function create(call: Call, requested: JsonObject): Answer {
  const { store, address } = call;
  const { resource, namespace } = address;
  const entry = resource.namespaced ? put(requested, ['metadata', 'namespace'], namespace) : requested;
  if (resource.namespaced && store.get(resourceOf('Namespace'), '', namespace) === undefined)
    throw notFound(resourceOf('Namespace'), namespace);
  if (!['', namespace].includes(namespaceOf(requested))) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  const before = store.get(resource, namespace, nameOf(entry));
  if (before !== undefined) throw alreadyExists(resource, nameOf(entry), isGoing(before));
  if (resource.namespaced && isGoing(store.get(resourceOf('Namespace'), '', namespace)))
    throw terminating(resource, nameOf(entry), namespace);
  validate(resource, entry, undefined);
  refuseEscalation(call, entry);
  const refusal = call.admission.refusal(resource, entry);
  if (refusal) throw refusal;
  const ready = withServerFields(resource, normalize(resource, entry));
  if (isDryRun(call)) return { status: 201, body: ready };
  return { status: 201, headers: warningsFor(call, requested), body: store.create(resource, ready) };
}

function patch(call: Call): Answer {
  const type = (call.request.headers['content-type'] ?? '').split(';')[0] ?? '';
  const apply = PATCHES[type];
  if (apply === undefined) throw unsupportedMediaType(Object.keys(PATCHES));
  const body = parseJson(call.request.body.toString());
  if (!isObject(body)) throw badRequest('the patch is not a JSON object');
  if (type === APPLY) return serverSideApply(call, body);
  const patched = apply(existing(call), body);
  if (!isObject(patched)) throw badRequest('the patch left no object');
  return replace(call, patched);
}

/** Creates what is missing. Of who owns which field nothing is kept, as nobody forces less than all.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
function serverSideApply(call: Call, body: JsonObject): Answer {
  const { request, address, store, user, authorizer } = call;
  const { resource, namespace, name } = address;
  const query = request.url.searchParams;
  if (query.get('fieldManager') === null)
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  if (text(body, 'kind') !== resource.kind || nameOf(body) !== name)
    throw badRequest('the object does not match the one on the URL');
  const before = store.get(resource, namespace, name);
  if (before === undefined) {
    authorize(authorizer, user, 'create', address);
    return create(call, body);
  }
  if (query.get('force') !== 'true') throw conflict(resource, name, 'fields are managed by others');
  const patched = strategicMergePatch(before, body);
  if (!isObject(patched)) throw badRequest('the patch left no object');
  return replace(call, patched);
}

function replace(call: Call, requested: JsonObject): Answer {
  const { store, address } = call;
  const { resource, namespace, name, subresource } = address;
  const before = existing(call);
  const version = text(requested, 'metadata', 'resourceVersion');
  if (version !== undefined && version !== text(before, 'metadata', 'resourceVersion')) {
    throw conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  if (nameOf(requested) !== name) throw badRequest('the name of the object does not match the name on the URL');
  const kept = ['uid', 'creationTimestamp', 'generation', 'resourceVersion'];
  const metadata = {
    ...object(requested, 'metadata'),
    ...Object.fromEntries(kept.map((field) => [field, object(before, 'metadata')[field]])),
    ...(namespace !== '' && { namespace }),
  };
  const changed = normalize(resource, {
    ...requested,
    metadata,
    ...(subresource === '' && 'status' in before ? { status: before['status'] } : {}),
  });
  validate(resource, changed, before);
  refuseEscalation(call, changed);
  const refusal = subresource === '' ? call.admission.refusal(resource, changed) : undefined;
  if (refusal) throw refusal;
  if (isDryRun(call)) return { status: 200, body: changed };
  return { status: 200, headers: warningsFor(call, requested), body: store.update(resource, changed) };
}

function remove(call: Call): Answer {
  const { resource, namespace, name } = call.address;
  const found = existing(call);
  if (!isDryRun(call)) call.store.remove(resource, namespace, name);
  return {
    status: 200,
    body: { ...success(), details: { name, kind: resource.plural, uid: text(found, 'metadata', 'uid') } },
  };
}

function readBody({ request, address: { resource } }: Call): JsonObject {
  const type = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
  if (type !== 'application/json' && type !== PROTOBUF) throw unsupportedMediaType(['application/json', PROTOBUF]);
  const body = type === PROTOBUF ? decodeSecret(request.body) : parseJson(request.body.toString());
  if (body === undefined && type === PROTOBUF) throw unsupportedMediaType(['application/json']);
  if (!isObject(body)) throw badRequest('the body of the request is not a JSON object');
  const unknown = unknownFields(resource, body);
  if (unknown.length > 0 && request.url.searchParams.get('fieldValidation') === 'Strict') {
    throw badRequest(`strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(', ')}`);
  }
  return body;
}

function warningsFor({ address: { resource } }: Call, requested: JsonObject): Record<string, string> {
  const unknown = unknownFields(resource, requested);
  return unknown.length === 0
    ? {}
    : { warning: unknown.map((field) => `299 - "unknown field \\"${field}\\""`).join(', ') };
}

function reviewAccess(call: Call): Answer {
  const body = readBody(call);
  const asked = object(body, 'spec', 'resourceAttributes');
  const field = (name: string) => text(asked, name) ?? '';
  const path = field('subresource') === '' ? field('resource') : `${field('resource')}/${field('subresource')}`;
  const allowed = call.authorizer.allows(call.user, {
    verb: field('verb'),
    group: field('group'),
    resource: path,
    namespace: field('namespace'),
    name: field('name'),
  });
  return {
    status: 201,
    body: { ...body, apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', status: { allowed } },
  };
}

const isGoing = (entry: JsonObject | undefined) =>
  text(entry, 'status', 'phase') === 'Terminating' || text(entry, 'metadata', 'deletionTimestamp') !== undefined;
const isDryRun = ({ request }: Call) => request.url.searchParams.get('dryRun') === 'All';
const success = (): JsonObject => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' });
