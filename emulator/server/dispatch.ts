import type { Json } from '../lib/json.ts';

export interface DispatchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  readonly signal?: AbortSignal;
}

/** Calls a service of the emulator from within it, as fetch would from outside: rejects where no connection comes about. */
export type Dispatch = (url: string | URL, init?: DispatchInit) => Promise<DispatchResponse>;

export interface DispatchResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  text(): Promise<string>;
  json(): Promise<Json>;
}
