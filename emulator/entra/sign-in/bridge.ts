import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import inject from 'light-my-request';
import type { Answer, Exchange } from '../../server/exchange.ts';

/** Runs a request through a Node.js handler mounted at a path. */
export async function handleWith(
  handler: (request: IncomingMessage, response: ServerResponse) => void,
  { method, url, headers, body }: Pick<Exchange, 'method' | 'url' | 'headers' | 'body'>,
  mountPath: string,
): Promise<Answer> {
  const mounted: RequestListener = (request, response) => {
    const originalUrl = request.url ?? '';
    // As in Express, originalUrl is the whole path.
    Object.assign(request, { originalUrl, url: originalUrl.slice(mountPath.length) });
    handler(request, response);
  };
  const answer = await inject(mounted, {
    method,
    url: url.pathname + url.search,
    headers: { ...headers, host: url.host, 'x-forwarded-proto': 'https' },
    payload: body,
  });
  const { 'set-cookie': cookies = [], ...others } = answer.headers;
  const kept = Object.entries(others).filter(([name]) => !['content-length', 'transfer-encoding'].includes(name));
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    cookies: [cookies].flat(),
    body: answer.rawPayload,
  };
}
