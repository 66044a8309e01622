import type { TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, type HttpMethods, RestError } from '@azure/core-rest-pipeline';
import { networkCause, unanswered } from '../http/network-cause.ts';
import type { Silence } from '../http/retry.ts';
import type { Channel, HttpResponse, Transport } from '../http/transport.ts';
import { type ApiPath, path, withQuery } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, isRecord, type JsonRecord, listAt, parseJson, stringAt } from '../lib/json.ts';
import { MANAGED_BY } from './labels.ts';
import { KubernetesRefusal, refused, titleOf } from './refusal.ts';

/** How to reach an API server, and as which user. */
export interface ApiServer {
  readonly server: string;
  /** PEM */
  readonly certificateAuthority: string;
  /** How long it may be silent at first: a network that is not let in gets no answer at all. */
  readonly silence: Silence;
  readonly user:
    | { readonly kind: 'token'; readonly credential: TokenCredential; readonly scope: string }
    | { readonly kind: 'certificate'; readonly certificate: string; readonly key: string };
}

/** One request, as Kubernetes authorizes it. */
export interface ResourceAttributes {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

/**
 * An object that a run is going to write: to be created, or to be changed, or either.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
export interface Rehearsal {
  readonly verb: 'create' | 'apply';
  /** Where its kind is, such as /api/v1/namespaces. */
  readonly path: ApiPath;
  readonly object: JsonRecord;
}

/** The Kubernetes API, as far as this action needs it. Paths are those of the API, such as /api/v1/namespaces. */
export interface Kubernetes {
  /** The object, or undefined when there is none. */
  find(path: ApiPath): Promise<JsonRecord | undefined>;
  /** A Secret, as far as it may be seen from here: its values may stay in the cluster. */
  findSecret(path: ApiPath, seen: (key: string, value: string) => void): Promise<SecretView | undefined>;
  list(path: ApiPath, labelSelector?: string): Promise<readonly JsonRecord[]>;
  create(path: ApiPath, object: JsonRecord): Promise<'created' | 'exists'>;
  /** JSON merge patch (RFC 7396): what it does not name stays as it is. */
  merge(path: ApiPath, patch: JsonRecord): Promise<void>;
  /** The same, but only if the object still has this resourceVersion. */
  mergeUnchanged(path: ApiPath, patch: JsonRecord, resourceVersion: string): Promise<'merged' | 'changed'>;
  /** Deletes; an object that is gone already is fine. */
  remove(path: ApiPath): Promise<void>;
  /** Sends the object as a server-side dry run, which passes all admission and writes nothing. */
  rehearse(rehearsal: Rehearsal): Promise<void>;
  /** Whether the identity may do it. Writes nothing. */
  may(access: ResourceAttributes): Promise<boolean>;
  /** The answer itself, of any status: for proxied requests and logs. */
  raw(path: ApiPath, query?: Readonly<Record<string, string>>): Promise<HttpResponse>;
}

/** @see Kubernetes.findSecret */
export interface SecretView {
  readonly metadata: unknown;
  readonly keys: readonly string[];
  holds(key: string, value: string): boolean;
}

export function createKubernetes(access: ApiServer, transport: Transport): Kubernetes {
  const channel = openChannel(access, transport);
  const request = async (
    method: HttpMethods,
    path: string,
    body?: JsonRecord,
    type?: string,
  ): Promise<HttpResponse> => {
    try {
      const contentType = type ?? (method === 'PATCH' ? 'application/merge-patch+json' : 'application/json');
      return await channel({
        method,
        url: `${access.server}${path}`,
        headers: { accept: 'application/json', ...(body ? { 'content-type': contentType } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    } catch (error) {
      throw unreachable(access, error);
    }
  };
  const expect = async (
    statuses: readonly number[],
    method: HttpMethods,
    path: string,
    body?: JsonRecord,
  ): Promise<HttpResponse> => {
    const response = await request(method, path, body);
    if (!statuses.includes(response.status)) throw refused(`${method} ${path}`, response, body);
    return response;
  };
  const find: Kubernetes['find'] = async (target) => {
    const response = await expect([200, 404], 'GET', String(target));
    return response.status === 404 ? undefined : object(response);
  };
  return {
    raw: (target, query) => request('GET', withQuery(target, query)),
    find,
    async findSecret(target, seen) {
      const found = await find(target);
      return found && viewOf(found, seen);
    },
    async list(target, labelSelector) {
      const url = withQuery(target, labelSelector === undefined ? {} : { labelSelector });
      const items = listAt(object(await expect([200], 'GET', url)), 'items');
      if (items.length > MOST_ITEMS)
        throw new KubernetesRefusal(`GET ${target} lists more than ${MOST_ITEMS} objects`, 200);
      return items.filter(isRecord);
    },
    async create(target, body) {
      const response = await expect([200, 201, 409], 'POST', String(target), body);
      if (response.status !== 409) return 'created';
      const refusal = refused(`POST ${target}`, response, body);
      // A namespace that is being deleted cannot be used any more.
      if (refusal.meaning === 'terminating') throw refusal;
      return 'exists';
    },
    async merge(target, patch) {
      await expect([200], 'PATCH', String(target), patch);
    },
    async mergeUnchanged(target, patch, resourceVersion) {
      const metadata = { ...(isRecord(patch['metadata']) ? patch['metadata'] : {}), resourceVersion };
      const response = await expect([200, 404, 409], 'PATCH', String(target), { ...patch, metadata });
      return response.status === 200 ? 'merged' : 'changed';
    },
    async may(access) {
      const target = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
      const answer = await expect([200, 201], 'POST', target, accessReview(access));
      return at(object(answer), 'status', 'allowed') === true;
    },
    async rehearse({ verb, path: all, object: wanted }) {
      const what = `dry run of ${titleOf(wanted)}`;
      const name = stringAt(wanted, 'metadata', 'name') ?? '';
      const response =
        verb === 'create'
          ? await request('POST', withQuery(all, { dryRun: 'All' }), wanted)
          : await request('PATCH', withQuery(path`${all}/${name}`, APPLY), wanted, 'application/apply-patch+yaml');
      if (response.status >= 300 && response.status !== 409) throw refused(what, response, wanted);
    },
    async remove(target) {
      await expect([200, 202, 404], 'DELETE', String(target));
    },
  };
}

/** More cannot be this action's; a run may send a request for each, and lists them in its log and its outputs. */
const MOST_ITEMS = 10_000;

/** Field manager of the dry run: the fields of others are taken over in it, as an upgrade does. */
const APPLY = { dryRun: 'All', fieldManager: MANAGED_BY, force: 'true' };

/** The object that asks the API server whether the caller may do this. It is not stored. */
export function accessReview(access: ResourceAttributes): JsonRecord {
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: access },
  };
}

function viewOf(secret: JsonRecord, seen: (key: string, value: string) => void): SecretView {
  const data = at(secret, 'data');
  const values = new Map(
    Object.entries(isRecord(data) ? data : {}).map(([key, value]) => [
      key,
      Buffer.from(String(value), 'base64').toString(),
    ]),
  );
  for (const [key, value] of values) seen(key, value);
  return { metadata: secret['metadata'], keys: [...values.keys()], holds: (key, value) => values.get(key) === value };
}

function openChannel(access: ApiServer, transport: Transport): Channel {
  const { certificateAuthority: ca, silence, user } = access;
  return user.kind === 'certificate'
    ? transport.channel({ silence, tls: { ca, cert: user.certificate, key: user.key } })
    : transport.channel({
        silence,
        tls: { ca },
        authentication: bearerTokenAuthenticationPolicy({ credential: user.credential, scopes: user.scope }),
      });
}

function object(response: HttpResponse): JsonRecord {
  const body = parseJson(response.text);
  if (!isRecord(body))
    throw new KubernetesRefusal(`the API server answered ${response.status} without a JSON object`, response.status);
  return body;
}

function unreachable(access: ApiServer, error: unknown): unknown {
  if (error instanceof ActionError || !(error instanceof RestError)) return error;
  const { host } = new URL(access.server);
  const silent = unanswered(error) ?? networkCause(error, host);
  return new ActionError(
    {
      id: 'cluster-unreachable',
      what: `The API server ${host} could not be reached`,
      why: silent.what,
      fix: fix`set cluster-access to command, which needs no direct connection; or have its authorized IP ranges admit this runner (az aks show --query apiServerAccessProfile); or ${silent.fix}`,
    },
    { cause: error },
  );
}
