import { counted } from './text.ts';

const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600 } as const;
const DAYS_PER_UNIT = { d: 1, w: 7, m: 30, y: 365 } as const;

/** A span of time in whole seconds. */
export interface Duration {
  readonly seconds: number;
}

/** Parses `10m`, `90s`, `1h` or a combination (`1h30m`), as Helm and Kubernetes write timeouts. */
export function parseTimeout(text: string): Duration | undefined {
  if (!/^(\d+[smh])+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)([smh])/g)) {
    seconds += Number(count) * SECONDS_PER_UNIT[unit as keyof typeof SECONDS_PER_UNIT];
  }
  return seconds === 0 ? undefined : { seconds };
}

/** Parses `90d`, `12w`, `3m` (months of 30 days) or `1y` (365 days). */
export function parseLifetime(text: string): Duration | undefined {
  const match = /^(\d+)([dwmy])$/.exec(text);
  if (!match) return undefined;
  return { seconds: Number(match[1]) * DAYS_PER_UNIT[match[2] as keyof typeof DAYS_PER_UNIT] * 86_400 };
}

export function days(duration: Duration): number {
  return duration.seconds / 86_400;
}

export function inDays(count: number): Duration {
  return { seconds: count * 86_400 };
}

/** How many days one moment is after another; negative if it is before. */
export function daysBetween(earlier: Date, later: Date): number {
  return (later.getTime() - earlier.getTime()) / 86_400_000;
}

export function milliseconds(duration: Duration): number {
  return duration.seconds * 1000;
}

/** `1 day` or `30 days`. */
export function formatDays(count: number): string {
  return counted(count, 'day');
}

/** `2m 05s` or `41s`, for progress lines. */
export function formatElapsed(elapsedMilliseconds: number): string {
  const seconds = Math.round(elapsedMilliseconds / 1000);
  if (seconds < 60) return `${seconds}s`;
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}
