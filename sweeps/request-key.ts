import type { Exchange } from '../emulator/server/exchange.ts';
import type { RequestRecord } from '../emulator/server/record.ts';

/** One request of a run, told apart from the others in a way that holds from run to run: runs send some side by side. */
export interface RequestKey {
  /** Method, service and path, such as `PUT kv-platform.vault.azure.net/secrets/NAME`. */
  readonly label: string;
  /** Counts from 1 among the run's requests of that label. */
  readonly occurrence: number;
  /** Whether it changes something there. */
  readonly write: boolean;
}

/** The requests that the client sent, in their order. */
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

/**
 * @param onwards whether the later ones of its label count, too
 * @returns a function that is true for this request and for no other one
 */
export function matcher(key: RequestKey, onwards = false): (exchange: Exchange) => boolean {
  let seen = 0;
  return ({ method, url }) => {
    if (labelOf(method, url.hostname, url.pathname) !== key.label) return false;
    seen += 1;
    return onwards ? seen >= key.occurrence : seen === key.occurrence;
  };
}

export const titleOf = ({ label, occurrence }: RequestKey) => (occurrence === 1 ? label : `${label} (${occurrence})`);

/** Ids and counters differ from run to run, and from world to world. */
function labelOf(method: string, host: string, path: string): string {
  const place = host.endsWith('.azmk8s.io') ? 'kubernetes' : host;
  const steady = path
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/\.v\d+$/, '.vN')
    .replace(/\/subscriptions\/ID\/resourceGroups\/[^/]+\/providers/i, '…');
  return `${method} ${place}${steady}`;
}
