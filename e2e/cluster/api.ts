import { Agent, request } from 'node:https';
import type { Json } from '../../emulator/lib/json.ts';
import type { CertificateAuthority } from '../../emulator/server/exchange.ts';

/** A client of the Kubernetes API. */
export interface Api {
  get(path: string): Promise<ApiAnswer>;
  post(path: string, body: Json): Promise<ApiAnswer>;
  /** JSON merge patch (RFC 7396). */
  merge(path: string, patch: Json): Promise<ApiAnswer>;
}

export interface ApiAnswer {
  /** 0 if there was no answer. */
  readonly status: number;
  readonly body: Json;
}

export interface ApiServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A client with an administrator's certificate. */
export async function apiOfAdministrator(server: ApiServerAddress, authority: CertificateAuthority): Promise<Api> {
  const { certificate, privateKey } = await authority.issueClient('e2e', ['system:masters']);
  return createApi(server, { ca: authority.certificate, cert: certificate, key: privateKey });
}

/** A client with a bearer token. */
export function apiOfHolder(server: ApiServerAddress, authority: CertificateAuthority, token: string): Api {
  return createApi(server, { ca: authority.certificate }, { authorization: `Bearer ${token}` });
}

function createApi(
  server: ApiServerAddress,
  tls: { readonly ca: string; readonly cert?: string; readonly key?: string },
  headers: Readonly<Record<string, string>> = {},
): Api {
  const agent = new Agent({ ...tls, keepAlive: true });
  const send = (method: string, path: string, body?: Json): Promise<ApiAnswer> =>
    new Promise((resolve) => {
      const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
      const options = { ...server, agent, method, path, headers: { ...headers, 'content-type': type } };
      const sent = request(options, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(Buffer.from(chunk));
        const text = Buffer.concat(chunks).toString();
        const json = response.headers['content-type']?.startsWith('application/json') === true;
        resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : text });
      });
      sent.on('error', () => resolve({ status: 0, body: null }));
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  return {
    get: (path) => send('GET', path),
    post: (path, body) => send('POST', path, body),
    merge: (path, patch) => send('PATCH', path, patch),
  };
}
