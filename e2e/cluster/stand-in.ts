import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseFlags } from '../../emulator/headlamp/flags.ts';
import { createHeadlampServer } from '../../emulator/headlamp/server.ts';
import type { Dispatch } from '../../emulator/server/dispatch.ts';
import { bodyChunks, headersOf } from '../../emulator/server/pipeline.ts';

/** A stand-in for Headlamp's server in a pod: the same sign-in, with the arguments of the container. */
const args = process.argv.slice(2);
const server = createHeadlampServer(args, {
  dispatch: throughNetwork(),
  now: Date.now,
  apiServer: `https://${process.env['KUBERNETES_SERVICE_HOST']}:${process.env['KUBERNETES_SERVICE_PORT']}`,
});
process.stdout.write(server.log);
if (server.exit) process.exit(server.exit.code);

const listener = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    console.error(error);
    response.writeHead(502).end(String(error));
  });
});
listener.listen(4466, parseFlags(args).get('listen-addr'));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://pod');
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const named = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  const { status, cookies, body, ...rest } = await server.answer({
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: Object.fromEntries(named),
    body: Buffer.concat(chunks),
  });
  const headers = headersOf({ status, ...rest, ...(body !== undefined && { body }) });
  response.writeHead(status, { ...headers, ...(cookies && { 'set-cookie': [...cookies] }) });
  for await (const chunk of bodyChunks(body)) response.write(chunk);
  response.end();
}

/** fetch uses HTTPS_PROXY because of NODE_USE_ENV_PROXY, and trusts NODE_EXTRA_CA_CERTS. */
function throughNetwork(): Dispatch {
  return async (url, init = {}) => {
    const { body, ...rest } = init;
    const response = await fetch(url, {
      ...rest,
      ...(body !== undefined && { body: body.toString() }),
      redirect: 'manual',
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      cookies: response.headers.getSetCookie(),
      text: () => response.text(),
      json: async () => JSON.parse(await response.text()),
    };
  };
}
