import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { retryAfter } from './retry-after.ts';

/** Pause between probes of a throttled service. */
const PROBE_EVERY_MS = 1_000;

/** Shared by all requests of a run: a throttled service gets no request before its Retry-After is over. */
export interface Throttle {
  readonly policy: PipelinePolicy;
  /** How often a service answered that it gets too many requests. */
  refusals(): number;
}

/** A service that answered 429 last. */
interface Hold {
  /** When it was refused: answers to earlier requests say nothing about now. */
  readonly since: number;
  /** When the next request may go: the end of its Retry-After, later a second after the probe before. */
  next: number;
}

export function createThrottle(now: () => number = () => performance.now()): Throttle {
  const holds = new Map<string, Hold>();
  let refusals = 0;
  const hold = (service: string, pause: number) => {
    const known = holds.get(service);
    holds.set(service, { since: now(), next: Math.max(known?.next ?? 0, now() + Math.max(pause, PROBE_EVERY_MS)) });
  };
  return {
    refusals: () => refusals,
    policy: {
      name: 'throttle',
      async sendRequest(request, next) {
        const service = throttledTogether(request.url);
        await turnAt(service);
        const sent = now();
        const response = await next(request);
        if (response.status === 429) {
          refusals += 1;
          hold(service, retryAfter(response) ?? PROBE_EVERY_MS);
        } else if (response.headers.get('x-ms-user-quota-remaining') === '0') hold(service, retryAfter(response) ?? 0);
        else if (sent >= (holds.get(service)?.since ?? 0)) holds.delete(service);
        return response;
      },
    },
  };

  /** When the pause is over, the first request is the probe; the others wait for its result. */
  async function turnAt(service: string): Promise<void> {
    for (let held = holds.get(service); held; held = holds.get(service)) {
      const left = held.next - now();
      if (left <= 0) {
        held.next = now() + PROBE_EVERY_MS;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, PROBE_EVERY_MS)));
    }
  }
}

/**
 * What is throttled together: in Azure Resource Manager each subscription, Resource Graph on its own, elsewhere each
 * host.
 */
export function throttledTogether(url: string): string {
  const { host, pathname } = new URL(url);
  const [, part] = /^\/(subscriptions\/[^/]+|providers\/Microsoft\.ResourceGraph)(\/|$)/i.exec(pathname) ?? [];
  return `${host}/${part?.toLowerCase() ?? ''}`;
}
