import { type PipelinePolicy, type PipelineResponse, RestError } from '@azure/core-rest-pipeline';

/** What can be shown of a request: no query, which may be signed, no header and no body. */
export interface Exchange {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** The HTTP status, or the code of a connection error. */
  readonly answer: string;
  readonly milliseconds: number;
  /** Ids of the request, for the service's support. */
  readonly requestId: string | undefined;
  readonly correlationId: string | undefined;
}

/** The requests of a run. */
export interface Journal {
  add(exchange: Exchange): void;
  /** The requests that were refused last, oldest first; not those that only found nothing. */
  refusals(): readonly Exchange[];
}

const KEPT = 3;

/** @param tell called with a line for each request */
export function createJournal(tell: (line: string) => void): Journal {
  const refused: Exchange[] = [];
  return {
    add(exchange) {
      tell(lineOf(exchange));
      if (!/^([45]\d\d)$/.test(exchange.answer) || exchange.answer === '404') return;
      refused.push(exchange);
      if (refused.length > KEPT) refused.shift();
    },
    refusals: () => refused,
  };
}

export function lineOf({ method, host, path, answer, milliseconds, requestId, correlationId }: Exchange): string {
  const ids = [
    ...(requestId === undefined ? [] : [`request-id ${requestId}`]),
    ...(correlationId === undefined ? [] : [`correlation-id ${correlationId}`]),
  ];
  return [`${method} ${host} ${path} ${answer} ${Math.round(milliseconds)} ms`, ...ids].join(', ');
}

/** Entra, Resource Manager and Key Vault; Graph; Kubernetes; GitHub. */
const REQUEST_ID = ['x-ms-request-id', 'request-id', 'audit-id', 'x-github-request-id'];
const CORRELATION_ID = ['x-ms-correlation-request-id', 'client-request-id', 'x-ms-client-request-id'];

/** Writes down each attempt of a request. */
export function journaling(journal: Journal): PipelinePolicy {
  return {
    name: 'journal',
    async sendRequest(request, next) {
      const started = performance.now();
      const { hostname: host, pathname: path } = new URL(request.url);
      const add = (answer: string, response?: PipelineResponse) =>
        journal.add({
          ...{ method: request.method, host, path, answer, milliseconds: performance.now() - started },
          requestId: headerOf(response, REQUEST_ID),
          correlationId: headerOf(response, CORRELATION_ID),
        });
      try {
        const response = await next(request);
        // The first request to Key Vault has no token, to learn which one it accepts.
        const isChallenge = response.status === 401 && !request.headers.has('authorization');
        add(isChallenge ? '401 (asks for a token)' : String(response.status), response);
        return response;
      } catch (error) {
        add((error instanceof RestError ? error.code : undefined) ?? 'no answer');
        throw error;
      }
    },
  };
}

function headerOf(response: PipelineResponse | undefined, names: readonly string[]): string | undefined {
  return names.map((name) => response?.headers.get(name)).find((value) => value !== undefined);
}
