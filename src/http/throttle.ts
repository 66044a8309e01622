import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { retryAfter } from './retry-after.ts';

/** Between requests to a service that has not accepted one since it refused one. */
const PROBE_EVERY_MS = 1_000;

/** What all requests of a run obey together: a service that is throttled gets no request until it said it will take one. */
export interface Throttle {
  readonly policy: PipelinePolicy;
  /** How often a service answered that it gets too many requests. */
  refusals(): number;
}

/** A service that answered 429 last. */
interface Hold {
  /** When it was refused: an answer to what was sent before says nothing about now. */
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

  /** Whoever comes first when the pause is over is the probe; the others wait for what it brings. */
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

/** Azure Resource Manager counts by subscription, and Resource Graph on its own; other services by host. */
export function throttledTogether(url: string): string {
  const { host, pathname } = new URL(url);
  const [, part] = /^\/(subscriptions\/[^/]+|providers\/Microsoft\.ResourceGraph)(\/|$)/i.exec(pathname) ?? [];
  return `${host}/${part?.toLowerCase() ?? ''}`;
}
