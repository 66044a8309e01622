import { setTimeout as sleep } from 'node:timers/promises';
import { formatElapsed } from './duration.ts';
import type { Log } from './log.ts';

const PROGRESS_EVERY_MS = 15_000;

/** Returned by a probe that has no answer yet. */
export const AGAIN = Symbol('again');

/** The result of a poll that ran out of time. */
export const TIMED_OUT = Symbol('timed out');

export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Calls the probe until it has an answer or the time is over; at least once, however short the time. */
export async function pollUntil<T>(
  probe: () => Promise<T | typeof AGAIN>,
  patience: Patience,
): Promise<T | typeof TIMED_OUT> {
  const deadline = performance.now() + patience.timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== AGAIN) return answer;
    const left = deadline - performance.now();
    if (left <= 0) return TIMED_OUT;
    await sleep(Math.min(patience.intervalMs, left));
  }
}

/** Repeats a request while its failure is one that passes; when the time is over, throws the last one. */
export async function repeatWhile<T>(
  passes: (error: unknown) => boolean,
  request: () => Promise<T>,
  patience: Patience,
): Promise<T> {
  let last: unknown;
  const answer = await pollUntil(async () => {
    try {
      return await request();
    } catch (error) {
      if (!passes(error)) throw error;
      last = error;
      return AGAIN;
    }
  }, patience);
  if (answer === TIMED_OUT) throw last;
  return answer;
}

/**
 * Runs long work and logs a line every 15 seconds, so that the log shows progress.
 * @param status of the work at this moment, if the other side tells it
 */
export async function withProgress<T>(
  log: Log,
  title: string,
  work: () => Promise<T>,
  status: { readonly text: string } = { text: '' },
): Promise<T> {
  const started = performance.now();
  const timer = setInterval(() => {
    const says = status.text === '' ? '' : ` (${status.text})`;
    log.info(`${title}${says} … ${formatElapsed(performance.now() - started)}`);
  }, PROGRESS_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Waits for all. If several fail, throws the failure that is first in the list, as it tends to explain the others. */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
