import type { Exchange } from '../emulator/server/exchange.ts';
import type { RequestRecord } from '../emulator/server/record.ts';

/** Identifies a request of a run in every repetition of it, although runs send some requests in parallel. */
export interface RequestKey {
  /** Method, service and path, such as `PUT kv-platform.vault.azure.net/secrets/NAME`. */
  readonly label: string;
  /** Number among the run's requests with this label, from 1. */
  readonly occurrence: number;
  /** Whether the request changes something. */
  readonly write: boolean;
}

/** The requests of the client, in order. */
export function requestKeys(records: readonly RequestRecord[]): RequestKey[] {
  const counts = new Map<string, number>();
  return records
    .filter(({ from }) => from === 'client')
    .map(({ method, host, path, write }) => {
      const label = labelOf(method, host, path.replace(/\?.*/, ''));
      const occurrence = (counts.get(label) ?? 0) + 1;
      counts.set(label, occurrence);
      return { label, occurrence, write };
    });
}

/** The requests without polls: of reads that repeat the one before, only the first. How many there are changes, too. */
export function withoutPolls(keys: readonly RequestKey[]): RequestKey[] {
  return keys.filter(({ label, write }, index) => write || keys[index - 1]?.label !== label);
}

/**
 * @param andLater whether later requests with this label match, too
 * @returns whether an exchange is this request; it counts, so call it once for each exchange
 */
export function matcher(key: RequestKey, andLater = false): (exchange: Exchange) => boolean {
  let seen = 0;
  return ({ method, url }) => {
    if (labelOf(method, url.hostname, url.pathname) !== key.label) return false;
    seen += 1;
    return andLater ? seen >= key.occurrence : seen === key.occurrence;
  };
}

export const titleOf = ({ label, occurrence }: RequestKey) => (occurrence === 1 ? label : `${label} (${occurrence})`);

/** Replaces what differs between runs and worlds: ids and counters. */
function labelOf(method: string, host: string, path: string): string {
  const service = host.endsWith('.azmk8s.io') ? 'kubernetes' : host;
  const stablePath = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\.v\d+$/, '.vN')
    .replace(/\/subscriptions\/ID\/resourceGroups\/[^/]+\/providers/i, '…');
  return `${method} ${service}${stablePath}`;
}
