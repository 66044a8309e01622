import type { Patience } from './polling.ts';

const seconds = (timeout: number, interval: number): Patience => ({
  timeoutMs: timeout * 1000,
  intervalMs: interval * 1000,
});

/** How long to wait for the systems. CONTRIBUTING.md has the same numbers, with their sources. */
export const WAITS = {
  /** Entra's replicas: a new object, a new client secret, and a write while others write. */
  replication: seconds(120, 1.5),
  /** Until every region of Azure knows a resource group, cluster or vault that was created a moment ago. */
  regions: seconds(60, 2),
  /** Until the list of deleted vaults shows one whose name is taken and whose host is gone. */
  deletedList: seconds(10, 1),
} as const;

/** How many reads in a row that agree count as the truth, as Entra's replicas lag behind in both directions. */
export const EQUAL_READS = 5;

/** How long a list of client secrets may lack a new one. */
export const LISTED_AFTER_MS = 600_000;
