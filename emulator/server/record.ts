import type { Clock } from '../lib/clock.ts';

/** One request as the emulator saw it. */
export interface RequestRecord {
  readonly id: number;
  /** The service's name; `unknown host` for a CONNECT to a host that nobody serves. */
  readonly service: string;
  readonly method: string;
  readonly host: string;
  /** The path with its query string. */
  readonly path: string;
  /** Whether the client under test sent it, or a service of the emulator called another one. */
  readonly from: 'client' | 'emulator';
  readonly write: boolean;
  /** Milliseconds of the emulated clock. */
  readonly startedAt: number;
  /** Undefined until the request ends. */
  readonly endedAt?: number;
  /** Undefined while the request is under way, and where the client got no answer. */
  readonly status?: number;
}

export type NewRecord = Omit<RequestRecord, 'startedAt' | 'endedAt' | 'status'>;

export interface RequestLog {
  all(): readonly RequestRecord[];
  /** The client's requests that would change something. */
  writes(): readonly RequestRecord[];
  clear(): void;
  /** Notes a request; the function returned notes how it ended. */
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
