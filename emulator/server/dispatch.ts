import type { Json } from '../lib/json.ts';

export interface DispatchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** Calls a service from inside the emulator, like fetch: rejects if there is no connection. */
export type Dispatch = (url: string | URL, init?: DispatchInit) => Promise<DispatchResponse>;

export interface DispatchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  text(): Promise<string>;
  json(): Promise<Json>;
}
