import type { Dispatch } from '../server/dispatch.ts';

export interface HeadlampRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What a pod can reach. */
export interface PodContext {
  readonly dispatch: Dispatch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** URL of the API server. */
  readonly apiServer: string;
}
