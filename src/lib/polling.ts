import { setTimeout as sleep } from 'node:timers/promises';
import { formatElapsed } from './duration.ts';
import type { Log } from './log.ts';

const PROGRESS_EVERY_MS = 15_000;

export interface Patience {
  readonly timeoutMs: number;
  readonly intervalMs: number;
}

/**
 * Asks again and again until there is an answer.
 * @param probe undefined while there is none yet
 * @returns the answer, or undefined when the time is over
 */
export async function pollUntil<T>(probe: () => Promise<T | undefined>, patience: Patience): Promise<T | undefined> {
  const deadline = performance.now() + patience.timeoutMs;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    const left = deadline - performance.now();
    if (left <= 0) return undefined;
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

/** Waits for all of them; where several fail, throws the failure that stands first, as it tends to explain the others. */
export async function settleAll<const Work extends readonly unknown[]>(
  work: Work,
): Promise<{ -readonly [Index in keyof Work]: Awaited<Work[Index]> }> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
