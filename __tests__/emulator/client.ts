import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import type { Emulator } from '../../emulator/emulator.ts';

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

/** An HTTPS client that goes through the box's proxy and trusts its authority alone. */
export async function createClient(box: Emulator) {
  const ca = await readFile(box.certificateFile);
  const agent = new Agent({ ca, keepAlive: true, proxyEnv: { HTTPS_PROXY: box.proxyUrl } });
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
