import type { TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, type HttpMethods } from '@azure/core-rest-pipeline';
import { Client, type Context, GraphError, type Middleware } from '@microsoft/microsoft-graph-client';
import type { Cloud } from '../azure/cloud.ts';
import { LONGEST_THROTTLING_MS, MAXIMUM_RETRIES, type Repeatable, TRANSIENT_STATUS } from '../http/retry.ts';
import type { Channel, Transport } from '../http/transport.ts';
import { type ApiPath, withQuery } from '../lib/api-path.ts';
import { isRecord, type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import { pagesOf } from '../lib/pages.ts';
import { repeatWhile } from '../lib/polling.ts';
import { WAITS } from '../lib/waits.ts';
import { type Caller, callerOf } from './caller.ts';
import { graphRefusal, NO_ANSWER, toGraphActionError } from './graph-error.ts';
import type { GraphPermission } from './graph-permission.ts';

export interface GraphRequest {
  /** What the request does, as the start of the sentence "… failed". */
  readonly doing: string;
  readonly path: ApiPath;
  readonly query?: Readonly<Record<string, string>>;
  /** The least app role that permits it. */
  readonly needs: GraphPermission;
  readonly body?: JsonRecord;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Microsoft Graph, version 1.0, as the deploying identity. Failures are ActionErrors whose cause is a GraphError. */
export interface Graph {
  /** Address of version 1.0, for commands in error messages. */
  readonly url: string;
  /** The deploying identity; sends no request if the run has signed in already. */
  caller(): Promise<Caller>;
  /** The entity, or undefined when there is none. */
  find(request: GraphRequest): Promise<JsonRecord | undefined>;
  /** The entities of all pages. */
  list(request: GraphRequest): Promise<readonly JsonRecord[]>;
  /** The entity in the response; undefined if there is none. */
  send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', request: GraphRequest): Promise<JsonRecord | undefined>;
}

export function createGraph(credential: TokenCredential, clientId: string, cloud: Cloud, transport: Transport): Graph {
  const scopes = [cloud.scope('graph')];
  const url = `${cloud.graph}/v1.0`;
  const channel = transport.channel({
    authentication: bearerTokenAuthenticationPolicy({ credential, scopes }),
    repeatable: ({ method, url: target }) => repeatable(method, target),
  });
  const sendOnce: Graph['send'] = async (method, { doing, path, query, needs, body, headers = {} }) => {
    let failure: unknown;
    const middleware = throughChannel(channel, (error) => {
      failure = error;
    });
    const client = Client.initWithMiddleware({ middleware, baseUrl: cloud.graph, defaultVersion: 'v1.0' });
    const request = client.api(withQuery(path, query)).headers({ ...headers });
    try {
      // Sign in first: the Graph client would hide why the sign-in failed.
      await credential.getToken(scopes);
      const answer: unknown =
        method === 'GET'
          ? await request.get()
          : method === 'DELETE'
            ? await request.delete()
            : await request[method === 'POST' ? 'post' : 'patch'](body);
      return isRecord(answer) ? answer : undefined;
    } catch (error) {
      // The client's own error hides why there is no answer.
      if (error instanceof GraphError && failure !== undefined) error.cause = failure;
      throw toGraphActionError(error, { doing, needs, clientId, url });
    }
  };
  const send: Graph['send'] = (method, request) =>
    repeatWhile(
      (error) => isCollision(error) && repeatable(method, String(request.path)) === 'always',
      () => sendOnce(method, request),
      WAITS.replication,
    );
  return {
    url,
    caller: async () => callerOf((await credential.getToken(scopes))?.token ?? ''),
    send,
    async list(request) {
      const page = (token?: string) =>
        send('GET', token === undefined ? request : { ...request, query: { ...request.query, $skiptoken: token } });
      try {
        const pages = await pagesOf(page, nextToken);
        return pages.flatMap((found) => listAt(found, 'value').filter(isRecord));
      } catch (error) {
        throw toGraphActionError(error, { ...request, clientId, url });
      }
    },
    async find(request) {
      try {
        return await send('GET', request);
      } catch (error) {
        if (graphRefusal(error)?.statusCode === 404) return undefined;
        throw error;
      }
    },
  };
}

/** Of the address of the next page, only this is used: the request stays the one that this run has built. */
function nextToken(page: JsonRecord | undefined): string | undefined {
  const next = stringAt(page, '@odata.nextLink');
  if (next === undefined) return undefined;
  const token = URL.canParse(next) ? new URL(next).searchParams.get('$skiptoken') : null;
  if (token === null) throw new Error('the address of the next page has no $skiptoken');
  return token;
}

/** Repeats a request that refers to an object this run has just written, until Entra has replicated it. */
export function retryOnReplicationLag<T>(request: () => Promise<T>): Promise<T> {
  return repeatWhile(isReplicationLag, request, WAITS.replication);
}

/**
 * Reads an object and replaces lists in it: Graph has no conditional writes. After a failure that may pass, does both
 * again, because somebody else may have changed the object in the meantime.
 */
export function replaceAfresh<T>(readAndReplace: () => Promise<T>): Promise<T> {
  let failures = 0;
  const mayPass = (error: unknown) => {
    const status = graphRefusal(error)?.statusCode;
    if (status === 429 || isCollision(error)) return true;
    failures += 1;
    return (
      status !== undefined && (status === NO_ANSWER || TRANSIENT_STATUS.has(status)) && failures <= MAXIMUM_RETRIES
    );
  };
  return repeatWhile(mayPass, readAndReplace, { ...WAITS.replication, timeoutMs: LONGEST_THROTTLING_MS });
}

/** Each addPassword creates another password; if its outcome is unknown, the caller must check first. */
function repeatable(method: string, target: string): ReturnType<Repeatable> {
  if (target.endsWith('/addPassword')) return 'after 429';
  return method === 'PATCH' && REPLACED.test(target) ? 'never' : 'always';
}

/** Objects whose lists are replaced as a whole. */
const REPLACED = /\/(applications|oauth2PermissionGrants)\/[^/]+$/;

/** Others write to the tenant at the same moment. Entra answers 400, 409 or 503, with various codes. */
export function isCollision(error: unknown): boolean {
  const refusal = graphRefusal(error);
  return refusal !== undefined && /due to concurrent requests|ConcurrencyViolation/i.test(said(refusal));
}

/** Messages for a new object that is not replicated yet, besides 404. The last one comes with 403. */
const LAG =
  /does not reference a valid application object|NoBackingApplicationObject|queried reference-property objects are not present|backing application of the service principal being created must/i;

function isReplicationLag(error: unknown): boolean {
  const refusal = graphRefusal(error);
  if (refusal?.statusCode === 404) return true;
  return (refusal?.statusCode === 400 || refusal?.statusCode === 403) && LAG.test(said(refusal));
}

const said = ({ message, code }: GraphError) => `${message} ${code}`;

/**
 * Sends the Graph client's requests over the run's transport: its own fetch ignores HTTPS_PROXY and our retries.
 * @param failed told why there is no answer
 */
function throughChannel(channel: Channel, failed: (error: unknown) => void): Middleware {
  return {
    async execute(context: Context) {
      const { method = 'GET', body, headers } = context.options ?? {};
      const response = await channel({
        method: method as HttpMethods,
        url: typeof context.request === 'string' ? context.request : context.request.url,
        headers: Object.fromEntries(new Headers(headers)),
        ...(typeof body === 'string' ? { body } : {}),
      }).catch((error: unknown) => {
        failed(error);
        throw error;
      });
      const bodyless = response.status === 204 || response.status === 304;
      context.response = new Response(bodyless ? null : response.text, {
        status: response.status,
        headers: textHeaders(response.headers),
      });
    },
  };
}

/** Drops the headers that describe the body's encoding: it is already decoded. */
function textHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(content-encoding|content-length|transfer-encoding)$/i.test(name)),
  );
}
