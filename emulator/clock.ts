/** Time as the emulated systems tell it. It runs with real time, and tests may move it ahead. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves the clock ahead by this many milliseconds. */
  advance(milliseconds: number): void;
}

export function createClock(): Clock {
  let offset = 0;
  return {
    now: () => Date.now() + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}
