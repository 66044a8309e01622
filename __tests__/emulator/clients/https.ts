import { Agent, request } from 'node:https';
import type { KeyPair } from '../../../emulator/server/exchange.ts';

export interface Reply {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface Sending {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

/** An HTTPS client that uses the proxy, trusts only the authority, and can present a client certificate. */
export function createClient(proxyUrl: string, ca: string, own?: KeyPair) {
  const identity = own && { cert: own.certificate, key: own.privateKey };
  const agent = new Agent({ ca, ...identity, keepAlive: true, proxyEnv: { HTTPS_PROXY: proxyUrl } });
  return {
    send: (url: string, { method = 'GET', headers = {}, body = '', signal }: Sending = {}) =>
      new Promise<Reply>((resolve, reject) => {
        const servername = new URL(url).hostname;
        const sent = request(url, { agent, servername, method, headers, ...(signal && { signal }) }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks).toString(),
            }),
          );
        });
        sent.on('error', reject);
        sent.end(body);
      }),
    close: () => agent.destroy(),
  };
}
