import type { TokenCredential } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, type HttpMethods } from '@azure/core-rest-pipeline';
import { Client, type Context, GraphError, type Middleware } from '@microsoft/microsoft-graph-client';
import type { Cloud } from '../azure/cloud.ts';
import type { Channel, Transport } from '../http/transport.ts';
import { type ApiPath, withQuery } from '../lib/api-path.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { isRecord, type JsonRecord } from '../lib/json.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';
import { type Caller, callerOf } from './caller.ts';
import { type GraphPermission, graphPermissionMissing } from './graph-permission.ts';

export interface GraphRequest {
  /** What it is for, as the start of the sentence "… failed". */
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
  /** Who the requests come from; takes no request of its own once the run has signed in. */
  caller(): Promise<Caller>;
  /** The entity, or undefined when there is none. */
  find(request: GraphRequest): Promise<JsonRecord | undefined>;
  /** The answer's entity; undefined where Graph answers without one. */
  send(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', request: GraphRequest): Promise<JsonRecord | undefined>;
}

/** How long Entra may take until a write is seen everywhere: up to a minute, with a reserve. */
const REPLICATION = { timeoutMs: 120_000, intervalMs: 1_500 };

export function createGraph(credential: TokenCredential, clientId: string, cloud: Cloud, transport: Transport): Graph {
  const scopes = [cloud.scope('graph')];
  const channel = transport.channel({
    authentication: bearerTokenAuthenticationPolicy({ credential, scopes }),
    // Each addPassword makes one more password; when its outcome is unknown, the caller has to look first.
    repeatable: (request) => !request.url.endsWith('/addPassword'),
  });
  const client = Client.initWithMiddleware({
    middleware: throughChannel(channel),
    baseUrl: cloud.graph,
    defaultVersion: 'v1.0',
  });

  const send: Graph['send'] = async (method, { doing, path, query, needs, body, headers = {} }) => {
    const request = client.api(withQuery(path, query)).headers({ ...headers });
    try {
      // Signing in first, as the Graph client would hide the reason why it failed.
      await credential.getToken(scopes);
      const answer: unknown =
        method === 'GET'
          ? await request.get()
          : method === 'DELETE'
            ? await request.delete()
            : await request[method === 'POST' ? 'post' : 'patch'](body);
      return isRecord(answer) ? answer : undefined;
    } catch (error) {
      throw toGraphActionError(error, { doing, needs, clientId });
    }
  };
  return {
    url: `${cloud.graph}/v1.0`,
    caller: async () => callerOf((await credential.getToken(scopes))?.token ?? ''),
    send,
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

/** Graph's own refusal behind an error, if that is what it was. */
export function graphRefusal(error: unknown): GraphError | undefined {
  const cause = error instanceof ActionError ? error.cause : error;
  return cause instanceof GraphError ? cause : undefined;
}

/** Repeats a request that refers to something this run has just written, while Entra has not replicated it yet. */
export async function retryOnReplicationLag<T>(request: () => Promise<T>): Promise<T> {
  let last: unknown;
  const answer = await pollUntil(async () => {
    try {
      return await request();
    } catch (error) {
      if (!isReplicationLag(error)) throw error;
      last = error;
      return AGAIN;
    }
  }, REPLICATION);
  if (answer === TIMED_OUT) throw last;
  return answer;
}

/** A new object is missing (404) or, where it is referred to by its appId, called invalid (400), until it is replicated. */
function isReplicationLag(error: unknown): boolean {
  const refusal = graphRefusal(error);
  return (
    refusal?.statusCode === 404 ||
    (refusal?.statusCode === 400 &&
      /does not reference a valid application object|NoBackingApplicationObject/.test(
        `${refusal.message} ${refusal.code}`,
      ))
  );
}

/** Sends the Graph client's requests over the run's own transport: its fetch knows neither HTTPS_PROXY nor our retries. */
function throughChannel(channel: Channel): Middleware {
  return {
    async execute(context: Context) {
      const { method = 'GET', body, headers } = context.options ?? {};
      const response = await channel({
        method: method as HttpMethods,
        url: typeof context.request === 'string' ? context.request : context.request.url,
        headers: Object.fromEntries(new Headers(headers)),
        ...(typeof body === 'string' ? { body } : {}),
      });
      const bodyless = response.status === 204 || response.status === 304;
      context.response = new Response(bodyless ? null : response.text, {
        status: response.status,
        headers: textHeaders(response.headers),
      });
    },
  };
}

/** The body is already decoded, so what described its transfer no longer holds. */
function textHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(content-encoding|content-length|transfer-encoding)$/i.test(name)),
  );
}

function toGraphActionError(
  error: unknown,
  request: { doing: string; needs: GraphPermission; clientId: string },
): ActionError {
  if (error instanceof ActionError) return error;
  const refusal = graphRefusal(error);
  const why = refusal?.code ? `Microsoft Graph answered ${refusal.code}: ${refusal.message}` : messageOf(error);
  if (refusal?.statusCode === 401 || refusal?.statusCode === 403) {
    return graphPermissionMissing(
      request.clientId,
      request.needs,
      { what: `${request.doing} was not permitted`, why },
      error,
    );
  }
  return new ActionError(
    {
      id: 'request-failed',
      what: `${request.doing} failed`,
      why,
      fix: 'run the job again; it goes on where it stopped.',
    },
    { cause: error },
  );
}
