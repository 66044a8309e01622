import { fileURLToPath } from 'node:url';

/** The time of the emulated systems. It runs as fast as real time or faster, and tests can advance it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Advances the clock by this many milliseconds. */
  advance(milliseconds: number): void;
  /** Environment variables for a new Node.js process that runs in this time, timers included. */
  environment(): Readonly<Record<string, string>>;
}

const PRELOAD = new URL('../runner/emulated-time.ts', import.meta.url).href;

/** Processes in emulated time start by the hundred, so they share compiled code. */
const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/azure-emulator/compiled', import.meta.url));

/** @param speed emulated seconds per real second */
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
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      EMULATED_TIME: JSON.stringify({ start, speed, offset }),
    }),
  };
}
