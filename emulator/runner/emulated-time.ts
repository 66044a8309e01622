import { syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * Preloaded into a client's process, which then runs in emulated time: dates, the monotonic clock and timers. Sockets
 * and other processes stay in real time.
 */
const { start, speed, offset }: { start: number; speed: number; offset: number } = JSON.parse(
  process.env['EMULATED_TIME'] ?? '{"start":0,"speed":1,"offset":0}',
);

const real = {
  now: Date.now,
  monotonic: performance.now.bind(performance),
  setTimeout: timers.setTimeout,
  setInterval: timers.setInterval,
  sleep: timersPromises.setTimeout,
  abortAfter: AbortSignal.timeout,
};
const now = () => start + (real.now() - start) * speed + offset;
const inReal = (milliseconds: number | undefined) => (milliseconds ?? 0) / speed;

globalThis.Date = class extends Date {
  constructor(...args: [] | [number | string | Date]) {
    if (args.length === 0) super(now());
    else super(...args);
  }
  static override now = now;
} as DateConstructor;
performance.now = () => real.monotonic() * speed;
AbortSignal.timeout = (milliseconds) => real.abortAfter.call(AbortSignal, Math.ceil(inReal(milliseconds)));

const sleep: typeof real.sleep = (delay, ...rest) => real.sleep(inReal(delay), ...rest);
const setTimeout = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) =>
  real.setTimeout(callback, inReal(delay), ...args);
const setInterval = (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) =>
  real.setInterval(callback, inReal(delay), ...args);
Object.assign(setTimeout, { [promisify.custom]: sleep });
for (const target of [globalThis, timers]) Object.assign(target, { setTimeout, setInterval });
Object.assign(timersPromises, { setTimeout: sleep });
syncBuiltinESMExports();
