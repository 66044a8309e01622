import type { PipelineResponse } from '@azure/core-rest-pipeline';

/** Longer pauses are cut to this. */
const LONGEST_PAUSE_MS = 120_000;

/**
 * How long, in milliseconds, a service asks to wait before the next request. Resource Graph says it in a header of its
 * own, as hours:minutes:seconds.
 */
export function retryAfter({ headers }: Pick<PipelineResponse, 'headers'>): number | undefined {
  const [, hours, minutes, seconds] =
    /^(\d+):(\d\d):(\d\d)/.exec(headers.get('x-ms-user-quota-resets-after') ?? '') ?? [];
  const pause =
    inHeader(headers.get('retry-after')) ?? (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return Number.isNaN(pause) ? undefined : Math.min(Math.max(0, pause), LONGEST_PAUSE_MS);
}

function inHeader(header: string | undefined): number | undefined {
  if (!header) return undefined;
  const seconds = Number(header);
  const pause = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(pause) ? undefined : pause;
}
