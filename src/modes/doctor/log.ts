import { type CheckResult, foundBy } from '../../context/outcome.ts';
import type { Log } from '../../lib/log.ts';

/** A line for each check. */
export function logChecks(log: Log, checks: readonly CheckResult[]): void {
  const width = Math.max(...checks.map(({ title }) => title.length));
  for (const { title, verdict } of checks)
    log.info(`${verdict.kind.padEnd(11)}  ${title.padEnd(width)}  ${foundBy(verdict).split('\n')[0]}`);
}
