import {
  type PipelinePolicy,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
  type RetryStrategy,
  retryPolicy,
} from '@azure/core-rest-pipeline';
import { PROXY_REFUSED } from './agents.ts';

const MAXIMUM_RETRIES = 5;
const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 120_000;
const ATTEMPT_TIMEOUT_MS = 30_000;

const TRANSIENT_STATUS = new Set([408, 429, 500, 502, 503, 504]);
const TRANSIENT_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ECONNABORTED',
  'UND_ERR_SOCKET',
  'PARSE_ERROR',
  PROXY_REFUSED,
]);

/** Whether a request may be sent again if it is unknown whether the first one took effect. */
export type Repeatable = (request: PipelineRequest) => boolean;

/**
 * Retries a request up to 5 times after throttling (it obeys Retry-After), a transient server error or a broken
 * connection. A request that must not take effect twice is retried only after 429, which means that it had no effect.
 */
export function retrying(repeatable: Repeatable, onRetry: (line: string) => void): PipelinePolicy {
  const strategy: RetryStrategy = {
    name: 'transient',
    retry({ retryCount, response, responseError }) {
      const request = response?.request ?? responseError?.request;
      const refused = response?.status === 429;
      const transient = response
        ? TRANSIENT_STATUS.has(response.status)
        : TRANSIENT_CODES.has(responseError?.code ?? '');
      if (!transient || !request || !(refused || repeatable(request))) return { skipStrategy: true };
      const retryAfterInMs = Math.min(requestedPause(response) ?? exponentialPause(retryCount), LONGEST_PAUSE_MS);
      const reason = response ? `answered ${response.status}` : `failed (${responseError?.code})`;
      onRetry(`${new URL(request.url).host} ${reason}; trying again in ${Math.ceil(retryAfterInMs / 1000)}s`);
      return { retryAfterInMs };
    },
  };
  return retryPolicy([strategy], { maxRetries: MAXIMUM_RETRIES });
}

/** Ends an attempt that gets no answer, with a connection error that may be retried. */
export function attemptTimeout(): PipelinePolicy {
  return {
    name: 'attemptTimeout',
    async sendRequest(request, next) {
      const outer = request.abortSignal;
      const timer = new AbortController();
      const timeout = setTimeout(() => timer.abort(), ATTEMPT_TIMEOUT_MS);
      const forward = () => timer.abort();
      outer?.addEventListener('abort', forward);
      request.abortSignal = timer.signal;
      try {
        return await next(request);
      } catch (error) {
        if (!timer.signal.aborted || outer?.aborted) throw error;
        throw new RestError(`no answer within ${ATTEMPT_TIMEOUT_MS / 1000} seconds`, { code: 'ETIMEDOUT', request });
      } finally {
        clearTimeout(timeout);
        outer?.removeEventListener('abort', forward);
        if (outer) request.abortSignal = outer;
        else delete request.abortSignal;
      }
    },
  };
}

function requestedPause(response: PipelineResponse | undefined): number | undefined {
  const header = response?.headers.get('retry-after');
  if (!header) return undefined;
  const seconds = Number(header);
  const pause = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(pause) ? undefined : Math.max(0, pause);
}

/** Doubles each time, with a random part so that parallel runs do not retry at the same moment. */
function exponentialPause(retryCount: number): number {
  return FIRST_PAUSE_MS * 2 ** retryCount * (0.75 + Math.random() / 2);
}
