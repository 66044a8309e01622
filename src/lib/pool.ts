/** A piece of work that failed; any other result counts as done. */
export const FAILED = Symbol('failed');

export interface PoolOptions<Item> {
  readonly parallel: number;
  /** No further item is started after this many failures. */
  readonly stopAfterFailures: number | undefined;
  /** Items of a wave begin when those of the wave before have ended, all without failure. */
  readonly waveOf: (item: Item) => number;
  /** Resolves in any case: to FAILED if it failed. */
  readonly work: (item: Item) => Promise<unknown>;
}

/** @returns the items that were not started, because others failed */
export async function workThrough<Item>(
  items: readonly Item[],
  { parallel, stopAfterFailures, waveOf, work }: PoolOptions<Item>,
): Promise<readonly Item[]> {
  let failures = 0;
  const stopped = () => stopAfterFailures !== undefined && failures >= stopAfterFailures;
  const waves = [...new Set(items.map(waveOf))].sort((a, b) => a - b);
  const waiting = waves.map((wave) => items.filter((item) => waveOf(item) === wave));
  for (const queue of waiting) {
    if (failures > 0) break;
    const worker = async () => {
      while (!stopped()) {
        const item = queue.shift();
        if (item === undefined) return;
        if ((await work(item)) === FAILED) failures += 1;
      }
    };
    await Promise.all(Array.from({ length: parallel }, worker));
  }
  return waiting.flat();
}
