/** Time as the emulated systems tell it. It runs with real time or faster, and tests may move it ahead. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves the clock ahead by this many milliseconds. */
  advance(milliseconds: number): void;
  /** The environment by which a Node.js process that starts now lives in this time: its timers run as fast, too. */
  environment(): Readonly<Record<string, string>>;
}

const PRELOAD = new URL('../runner/emulated-time.ts', import.meta.url).href;

/** @param speed how many emulated seconds pass in a real one */
export function createClock(speed = 1): Clock {
  const start = Date.now();
  let offset = 0;
  return {
    now: () => start + (Date.now() - start) * speed + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    environment: () => ({
      NODE_OPTIONS: `--import=${PRELOAD}`,
      EMULATED_TIME: JSON.stringify({ start, speed, offset }),
    }),
  };
}
