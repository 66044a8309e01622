import { setTimeout as sleep } from 'node:timers/promises';
import { formatElapsed } from './duration.ts';
import type { Log } from './log.ts';

const PROGRESS_EVERY_MS = 15_000;

/** What a probe answers as long as there is nothing to report. */
export const AGAIN = Symbol('again');

/** What a poll ends with if its time is over before the probe has an answer. */
export const TIMED_OUT = Symbol('timed out');

export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/** Asks until there is an answer. Asks at least once, however short the time. */
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

/** Runs something that takes long, with a line every 15 seconds so that the log never looks dead. */
export async function withProgress<T>(log: Log, title: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const timer = setInterval(
    () => log.info(`${title} … ${formatElapsed(performance.now() - started)}`),
    PROGRESS_EVERY_MS,
  );
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Waits for all of them. If several fail, throws the failure that stands first, as it tends to explain the others. */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
