import { setTimeout as sleep } from 'node:timers/promises';
import type { Json } from '../lib/json.ts';
import type { Dispatch } from './dispatch.ts';
import type { Answer, Exchange, Service } from './exchange.ts';
import type { FaultSource } from './faults.ts';
import type { RequestLog } from './record.ts';
import type { Rewriter } from './rewrites.ts';

/** A request that has no id yet. */
export type Arrival = Omit<Exchange, 'id'>;

/** How a request ends for its sender. */
export type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly sent: () => void }
  | { readonly kind: 'reset' }
  | { readonly kind: 'hang' };

/** An exception thrown by a service: a bug of the emulator, never of the client. */
export interface Crash {
  readonly service: string;
  readonly request: string;
  readonly error: unknown;
}

export interface Pipeline {
  service(host: string): Service | undefined;
  /** Undefined if no service serves the host. */
  handle(arrival: Arrival): Promise<Outcome | undefined>;
  /** Records that a client asked for a host that no service serves. */
  refuse(host: string): void;
  readonly dispatch: Dispatch;
}

export interface PipelineParts {
  readonly services: readonly Service[];
  readonly requests: RequestLog;
  readonly faults: FaultSource;
  /** Default: answers go out as they are. */
  readonly rewrite?: Rewriter;
  readonly crashes: Crash[];
}

export function createPipeline({ services, requests, faults, rewrite, crashes }: PipelineParts): Pipeline {
  let lastId = 0;
  const serviceOf = (host: string) => services.find((service) => service.serves(host));

  async function run(service: Service, arrival: Arrival, from: 'client' | 'emulator'): Promise<Outcome> {
    lastId += 1;
    const exchange: Exchange = { ...arrival, id: lastId };
    const end = requests.begin(recordOf(service, exchange, from));
    if (from === 'client') await faults.requested(exchange);
    const fault = faults.take(exchange);
    if (fault?.kind === 'hang') return { kind: 'hang' };
    if (fault?.kind === 'reset') {
      end(undefined);
      return { kind: 'reset' };
    }
    if (fault?.kind === 'delay') await sleep(fault.milliseconds, undefined, { ref: false });
    const own = fault?.kind === 'status' ? answerOf(fault) : await execute(service, exchange, crashes);
    const answer = from === 'client' ? (rewrite?.(exchange, own) ?? own) : own;
    if (from === 'client') await faults.executed(exchange);
    if (fault?.kind === 'lost') {
      end(undefined);
      return { kind: 'reset' };
    }
    return { kind: 'answer', answer, sent: () => end(answer.status) };
  }

  return {
    service: serviceOf,
    handle: async (arrival) => {
      const service = serviceOf(arrival.url.hostname);
      return service && run(service, arrival, 'client');
    },
    refuse: (host) => {
      lastId += 1;
      const record = { id: lastId, service: 'unknown host', method: 'CONNECT', host, path: '', write: false } as const;
      requests.begin({ ...record, from: 'client' })(502);
    },
    dispatch: async (url, init = {}) => {
      const target = new URL(url);
      const service = serviceOf(target.hostname);
      if (service === undefined) throw new TypeError(`getaddrinfo ENOTFOUND ${target.hostname}`);
      const outcome = await run(service, arrivalOf(target, init), 'emulator');
      if (outcome.kind === 'answer') return responseOf(outcome.answer, outcome.sent);
      if (outcome.kind === 'reset') throw new TypeError('read ECONNRESET');
      return new Promise((_, reject) => {
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    },
  };
}

function recordOf(service: Service, exchange: Exchange, from: 'client' | 'emulator') {
  const { id, method, url } = exchange;
  const write = service.writes(exchange);
  return { id, service: service.name, method, host: url.hostname, path: url.pathname + url.search, write, from };
}

async function execute(service: Service, exchange: Exchange, crashes: Crash[]): Promise<Answer> {
  try {
    return await service.answer(exchange);
  } catch (error) {
    crashes.push({ service: service.name, request: `${exchange.method} ${exchange.url.href}`, error });
    return { status: 500, body: 'The emulator itself failed; see its crashes.' };
  }
}

function answerOf({ status, headers, body }: Answer): Answer {
  return { status, ...(headers && { headers }), ...(body !== undefined && { body }) };
}

function arrivalOf(url: URL, init: Parameters<Dispatch>[1] = {}): Arrival {
  const named = Object.entries(init.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  return {
    method: init.method ?? 'GET',
    url,
    headers: Object.fromEntries(named),
    body: Buffer.from(init.body ?? ''),
    signal: init.signal ?? new AbortController().signal,
  };
}

export function responseOf(answer: Answer, sent: () => void) {
  const text = async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of bodyChunks(answer.body)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString();
  };
  sent();
  return {
    status: answer.status,
    headers: headersOf(answer),
    cookies: answer.cookies ?? [],
    text,
    json: async (): Promise<Json> => JSON.parse(await text()),
  };
}

/** The headers to send: in lower case, with the content type of JSON unless the answer has another. */
export function headersOf(answer: Answer): Readonly<Record<string, string>> {
  const own = Object.entries(answer.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const json = isStream(answer.body) || typeof answer.body !== 'object' || Buffer.isBuffer(answer.body);
  return { ...(json ? {} : { 'content-type': 'application/json; charset=utf-8' }), ...Object.fromEntries(own) };
}

/** The body to send, in chunks. */
export async function* bodyChunks(body: Answer['body']): AsyncGenerator<string | Buffer> {
  if (body === undefined) return;
  if (typeof body === 'string' || Buffer.isBuffer(body)) yield body;
  else if (isStream(body)) yield* body;
  else yield JSON.stringify(body);
}

export function isStream(body: Answer['body']): body is AsyncIterable<string | Buffer> {
  return typeof body === 'object' && Symbol.asyncIterator in body;
}
