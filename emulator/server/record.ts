import type { Clock } from '../lib/clock.ts';

/** One request that the emulator received. */
export interface RequestRecord {
  readonly id: number;
  /** The service's name; `unknown host` for a CONNECT to a host that no service serves. */
  readonly service: string;
  readonly method: string;
  readonly host: string;
  /** The path with its query string. */
  readonly path: string;
  /** Who sent it: the client under test, or a service of the emulator that called another one. */
  readonly from: 'client' | 'emulator';
  readonly write: boolean;
  /** Milliseconds of the emulated clock. */
  readonly startedAt: number;
  /** Undefined until the request ends. */
  readonly endedAt?: number;
  /** Undefined while the request runs, and if the client got no answer. */
  readonly status?: number;
}

export type NewRecord = Omit<RequestRecord, 'startedAt' | 'endedAt' | 'status'>;

export interface RequestLog {
  all(): readonly RequestRecord[];
  /** The client's requests that would change something. */
  writes(): readonly RequestRecord[];
  clear(): void;
  /** Records a request; the returned function records how it ended. */
  begin(record: NewRecord): (status: number | undefined) => void;
}

export function createRequestLog(clock: Clock): RequestLog {
  let records: RequestRecord[] = [];
  return {
    all: () => records,
    writes: () => records.filter((record) => record.write && record.from === 'client'),
    clear: () => {
      records = [];
    },
    begin: (started) => {
      let current: RequestRecord = { ...started, startedAt: clock.now() };
      records.push(current);
      return (status) => {
        const ended = { ...current, endedAt: clock.now(), ...(status === undefined ? {} : { status }) };
        const index = records.indexOf(current);
        if (index >= 0) records[index] = ended;
        current = ended;
      };
    },
  };
}
