import { setTimeout as sleep } from 'node:timers/promises';
import {
  type PipelinePolicy,
  type PipelineRequest,
  RestError,
  type RetryStrategy,
  retryPolicy,
} from '@azure/core-rest-pipeline';
import { PROXY_REFUSED } from './agents.ts';
import { UNREADABLE } from './readable.ts';
import { retryAfter } from './retry-after.ts';
import { type Bounds, largerThan, OF_A_SERVICE, TOO_LARGE } from './too-large.ts';

export const MAXIMUM_RETRIES = 5;
const FIRST_PAUSE_MS = 400;
/** A service that answers 429 is asked again for this long, however short the pauses that it asks for. */
export const LONGEST_THROTTLING_MS = 300_000;
const ATTEMPT_TIMEOUT_MS = 30_000;

export const TRANSIENT_STATUS = new Set([408, 429, 500, 502, 503, 504]);
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
  UNREADABLE,
]);

/**
 * When a request may be sent again: always, only after 429, which means that it had no effect, or never, because it
 * replaces what was read before, and somebody else may have changed that during the pause.
 */
export type Repeatable = (request: PipelineRequest) => 'always' | 'after 429' | 'never';

/** What a request has met so far. */
interface Attempts {
  failures: number;
  readonly refusals: { count: number; since: number };
}

/**
 * Retries a request up to 5 times after a transient server error or a broken connection, and for up to five minutes
 * after 429. After 429, the throttle of the run decides how long to wait.
 */
export function retrying(repeatable: Repeatable, onRetry: (line: string) => void): PipelinePolicy {
  const known = new WeakMap<PipelineRequest, Attempts>();
  const strategy: RetryStrategy = {
    name: 'transient',
    retry({ response, responseError }) {
      const request = response?.request ?? responseError?.request;
      const refused = response?.status === 429;
      const transient = response
        ? TRANSIENT_STATUS.has(response.status)
        : TRANSIENT_CODES.has(responseError?.code ?? '');
      if (!transient || !request) return { skipStrategy: true };
      const when = repeatable(request);
      if (when === 'never' || (when === 'after 429' && !refused)) return { skipStrategy: true };
      const attempts = known.get(request) ?? { failures: 0, refusals: { count: 0, since: performance.now() } };
      known.set(request, attempts);
      if (!mayTryAgain(attempts, refused)) return { skipStrategy: true };
      const asked = response && retryAfter(response);
      const pause = asked ?? exponentialPause(attempts.failures + attempts.refusals.count - 1);
      const reason = response ? `answered ${response.status}` : `failed (${responseError?.code})`;
      onRetry(`${new URL(request.url).host} ${reason}; trying again in ${Math.ceil(pause / 1000)}s`);
      return { retryAfterInMs: refused && asked !== undefined ? 0 : pause };
    },
  };
  return retryPolicy([strategy], { maxRetries: Number.POSITIVE_INFINITY });
}

/** Counts this failure. */
function mayTryAgain(attempts: Attempts, refused: boolean): boolean {
  const { refusals } = attempts;
  if (!refused) {
    attempts.failures += 1;
    return attempts.failures <= MAXIMUM_RETRIES;
  }
  refusals.count += 1;
  if (refusals.count === 1) refusals.since = performance.now();
  return refusals.count <= MAXIMUM_RETRIES || performance.now() - refusals.since < LONGEST_THROTTLING_MS;
}

/** How long to wait for a server's first answer: packets to it may be dropped on the way. */
export interface Silence {
  readonly attemptMs: number;
  /** After this time it is not asked again. */
  readonly totalMs: number;
}

/** How long the client may take to clean up after an attempt that was ended. */
const SETTLE_MS = 500;

/**
 * Ends an attempt that gets no answer, with a connection error that may be retried; and one whose answer does not end.
 * What the client makes of the signal is not waited for: it would wait for ever for the rest of a compressed answer.
 * @param silence until the server's first answer
 */
export function attemptTimeout(silence?: Silence, { bytes }: Bounds = OF_A_SERVICE): PipelinePolicy {
  let first: number | undefined = silence && Number.NaN;
  return {
    name: 'attemptTimeout',
    async sendRequest(request, next) {
      const outer = request.abortSignal;
      const timer = new AbortController();
      if (Number.isNaN(first)) first = performance.now();
      const limit = first !== undefined && silence ? silence.attemptMs : ATTEMPT_TIMEOUT_MS;
      const timeout = setTimeout(() => timer.abort(), limit);
      const forward = () => timer.abort();
      outer?.addEventListener('abort', forward);
      request.abortSignal = timer.signal;
      let isTooLarge = false;
      if (!request.streamResponseStatusCodes)
        request.onDownloadProgress = ({ loadedBytes }) => {
          isTooLarge = loadedBytes > bytes;
          if (isTooLarge) timer.abort();
        };
      const ended = new Promise<never>((_, reject) => {
        timer.signal.addEventListener('abort', () => reject(new Error('the request was ended')), { once: true });
      });
      const attempt = next(request);
      try {
        const response = await Promise.race([attempt, ended]);
        first = undefined;
        return response;
      } catch (error) {
        // The client may still put a signal of its own back.
        if (timer.signal.aborted) await Promise.race([attempt.catch(() => {}), sleep(SETTLE_MS)]);
        if (!timer.signal.aborted || outer?.aborted) throw error;
        if (isTooLarge) throw new RestError(largerThan(bytes), { code: TOO_LARGE, request });
        const isOver = first !== undefined && silence && performance.now() - first >= silence.totalMs;
        const code = isOver ? 'ERR_NO_ANSWER' : 'ETIMEDOUT';
        throw new RestError(`no answer within ${limit / 1000} seconds`, { code, request });
      } finally {
        clearTimeout(timeout);
        outer?.removeEventListener('abort', forward);
        if (outer) request.abortSignal = outer;
        else delete request.abortSignal;
      }
    },
  };
}

/** Doubles each time, with a random part so that parallel runs do not retry at the same moment. */
function exponentialPause(retryCount: number): number {
  return FIRST_PAUSE_MS * 2 ** retryCount * (0.75 + Math.random() / 2);
}
