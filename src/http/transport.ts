import { createWriteStream } from 'node:fs';
import { pipeline as writeStream } from 'node:stream/promises';
import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type Pipeline,
  type PipelinePolicy,
  type PipelineResponse,
  RestError,
} from '@azure/core-rest-pipeline';
import { excerptOf, type Redact } from '../lib/masking.ts';
import { type Agents, createAgents, MOST_CONNECTIONS, type TlsMaterial } from './agents.ts';
import { type Journal, journaling } from './journal.ts';
import { getFromOutside, type OutsideResponse } from './outside.ts';
import { assertProxies } from './proxy.ts';
import { readable } from './readable.ts';
import { keepRefusedBody } from './refused-body.ts';
import { attemptTimeout, type Repeatable, retrying, type Silence } from './retry.ts';
import { staying } from './staying.ts';
import { createThrottle, type Throttle } from './throttle.ts';
import { OF_A_CLUSTER, OF_A_SERVICE, TOO_LARGE, withFewValues } from './too-large.ts';

/** Sends all requests of a run, with one policy for retries, time limits, proxies and certificates. */
export interface Transport {
  /** For an Azure SDK's client, which has its own pipeline, and sends requests to these addresses and below them. */
  clientOptions(...places: readonly string[]): {
    readonly retryOptions: { readonly maxRetries: 0 };
    readonly additionalPolicies: { policy: PipelinePolicy; position: 'perCall' | 'perRetry' }[];
  };
  /** One GET to where people go, as their browsers would send it. */
  outside(url: URL): Promise<OutsideResponse>;
  /** For people: directly, or by which proxy. */
  wayTo(url: string): string;
  /** For our own requests. `repeatable` says which may be sent again; default: always. */
  channel(options?: ChannelOptions): Channel;
  /** The transport of one cluster: it shares connections and throttling, and reports to a witness of its own. */
  branch(witness: Witness): Branch;
  /** How often a service answered that it gets too many requests. */
  refusals(): number;
}

export interface Branch extends Transport {
  /** Ends the connections that nobody else uses. */
  close(): void;
}

export interface ChannelOptions {
  readonly tls?: TlsMaterial;
  readonly repeatable?: Repeatable;
  readonly authentication?: PipelinePolicy;
  /** How long the server may be silent until its first answer. */
  readonly silence?: Silence;
}

export interface HttpRequest {
  readonly method: HttpMethods;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** File for the body of a 200, which then is not in `text`. */
  readonly file?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** Its start, to show in an error: without secrets. */
  excerpt(): string;
}

/**
 * Sends a request and returns the response, whatever its status.
 * @throws RestError if there is no response
 */
export type Channel = (request: HttpRequest) => Promise<HttpResponse>;

/** Callbacks for the requests of a run, or of a part of it. */
export interface Witness {
  /** Gets a line for the log for each request that is sent again. */
  readonly onRetry: (line: string) => void;
  /** Notes each attempt of a request. */
  readonly journal: Journal;
}

export interface TransportOptions extends Witness {
  /** Takes secrets out of what is shown of an answer. */
  readonly redact: Redact;
  /** Environment variables; HTTPS_PROXY and NO_PROXY choose the proxy. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws ActionError invalid-inputs, if a variable has an address of a proxy that cannot be read */
export function createTransport({ redact, environment, ...witness }: TransportOptions): Transport {
  assertProxies(environment);
  return branchOf(witness, {
    redact,
    createAgents: () => createAgents(environment, undefined, MOST_CONNECTIONS),
    agents: createAgents(environment),
    httpClient: createDefaultHttpClient(),
    throttle: createThrottle(),
  });
}

/** What all branches share. */
interface Trunk {
  readonly redact: Redact;
  readonly createAgents: () => Agents;
  readonly agents: Agents;
  readonly httpClient: HttpClient;
  readonly throttle: Throttle;
}

function branchOf({ onRetry, journal }: Witness, trunk: Trunk): Branch {
  const { agents, throttle } = trunk;
  const always: Repeatable = () => 'always';
  const own: Agents[] = [];
  const ownAgents = () => {
    const created = trunk.createAgents();
    own.push(created);
    return created;
  };
  return {
    clientOptions: (...places) => ({
      retryOptions: { maxRetries: 0 },
      additionalPolicies: [
        { policy: staying(places), position: 'perCall' },
        { policy: retrying(noCommandTwice, onRetry), position: 'perCall' },
        { policy: throttle.policy, position: 'perRetry' },
        { policy: journaling(journal), position: 'perRetry' },
        { policy: connect(agents), position: 'perRetry' },
        { policy: attemptTimeout(), position: 'perRetry' },
        { policy: keepRefusedBody, position: 'perRetry' },
        { policy: readable('json'), position: 'perRetry' },
      ],
    }),
    outside: (url) => getFromOutside(url, trunk.redact, agents),
    wayTo: agents.wayTo,
    channel({ tls, repeatable = always, authentication, silence } = {}) {
      const pipeline = createEmptyPipeline();
      pipeline.addPolicy(retrying(repeatable, onRetry), { phase: 'Retry' });
      if (authentication) pipeline.addPolicy(authentication, { phase: 'Sign' });
      pipeline.addPolicy(throttle.policy, { afterPhase: 'Sign' });
      pipeline.addPolicy(journaling(journal), { afterPhase: 'Sign' });
      pipeline.addPolicy(connect(tls ? ownAgents() : agents, tls), { afterPhase: 'Sign' });
      // Only API servers of clusters have an authority of their own.
      const bounds = tls ? OF_A_CLUSTER : OF_A_SERVICE;
      pipeline.addPolicy(attemptTimeout(silence, bounds), { afterPhase: 'Sign' });
      pipeline.addPolicy(readable('text'), { afterPhase: 'Sign' });
      pipeline.addPolicy(withFewValues(bounds), { afterPhase: 'Sign' });
      return (request) => send(pipeline, request, trunk);
    },
    branch: (witness) => branchOf(witness, trunk),
    refusals: throttle.refusals,
    close() {
      for (const agent of own) agent.close();
    },
  };
}

/**
 * Overrides the SDK's own proxy policy, which opens a new connection for each request. Certificates are set on the
 * request, as an agent for a proxy would use them for the connection to the proxy only.
 */
function connect(agents: Agents, tls?: TlsMaterial): PipelinePolicy {
  return {
    name: 'connect',
    sendRequest(request, next) {
      // Plain http is only used for a token endpoint on the runner itself, which needs no proxy.
      if (request.url.startsWith('https:')) request.agent = agents.for(request.url);
      if (tls) request.requestOverrides = { ...tls };
      return next(request);
    },
  };
}

/** AKS may have run a command although its response was lost, so the sender decides whether to repeat it. */
const noCommandTwice: Repeatable = ({ method, url }) =>
  method === 'POST' && /\/runCommand\b/.test(url) ? 'after 429' : 'always';

const DOWNLOAD_TIMEOUT_MS = 300_000;

/** In bytes; an archive of helm has 20 million. */
const LARGEST_FILE = 200_000_000;

/** Passes on what does not fill the disk. */
const atMost = (most: number) =>
  async function* (chunks: AsyncIterable<string | Buffer>) {
    let size = 0;
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > most) throw new RestError(`the answer is larger than ${most / 1_000_000} MB`, { code: TOO_LARGE });
      yield chunk;
    }
  };

async function send(pipeline: Pipeline, request: HttpRequest, { httpClient, redact }: Trunk): Promise<HttpResponse> {
  const { headers, body, file, ...rest } = request;
  const prepared = createPipelineRequest({
    ...rest,
    allowInsecureConnection: true,
    headers: createHttpHeaders({ 'user-agent': 'headlamp-aks-entra', 'accept-encoding': 'gzip', ...headers }),
    ...(body === undefined ? {} : { body }),
    ...(file === undefined ? {} : { streamResponseStatusCodes: new Set([200]) }),
  });
  const response: PipelineResponse = await pipeline.sendRequest(httpClient, prepared);
  const stream = response.readableStreamBody;
  if (file !== undefined && stream)
    await writeStream(stream, atMost(LARGEST_FILE), createWriteStream(file), {
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
    });
  const text = response.bodyAsText ?? '';
  return {
    status: response.status,
    headers: response.headers.toJSON(),
    text,
    excerpt: () => excerptOf(text, redact),
  };
}

/** Status, code and message of a failed request, whichever client sent it. Undefined for any other error. */
export function describeRestError(error: unknown): { status?: number; code?: string; message: string } | undefined {
  if (!(error instanceof RestError)) return undefined;
  return {
    message: error.message,
    ...(error.statusCode === undefined ? {} : { status: error.statusCode }),
    ...(error.code === undefined ? {} : { code: error.code }),
  };
}
