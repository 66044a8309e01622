import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Dispatch, DispatchResponse } from '../server/dispatch.ts';
import { responseOf } from '../server/pipeline.ts';
import type { World } from '../worlds/standard.ts';
import { bold, dim, heading } from './screen.ts';

const ENTRA = 'https://login.microsoftonline.com';

/** Two local addresses for a browser: Headlamp's, as `kubectl port-forward` gives it, and Entra's pages. */
export interface Doors {
  readonly headlamp: string;
  /** Says who can sign in, and waits for Ctrl-C. */
  untilInterrupted(): Promise<true>;
  close(): void;
}

export async function openDoors(world: World): Promise<Doors> {
  const { directory, dispatch } = world.emulator;
  const developer = directory.addUser({ displayName: 'Ada Jones', password: 'demo' });
  const visitor = directory.addUser({ displayName: 'Ben Cole', password: 'demo' });
  world.groups.developers.members.add(developer.id);

  const entra = await listen((url, init) => dispatch(new URL(`${url.pathname}${url.search}`, ENTRA), init));
  const headlamp = await listen(async (url, init) => {
    const [pod] = world.cluster.headlamps();
    if (pod === undefined) throw new Error('Headlamp does not run yet.');
    const { method = 'GET', headers = {}, body = '' } = init ?? {};
    const request = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.from(body) };
    return responseOf(await pod.answer(request), () => {});
  });
  // Where a page leads to Entra, it has to lead to the door.
  for (const server of [entra, headlamp]) server.replace(ENTRA, entra.address);
  return {
    headlamp: headlamp.address,
    untilInterrupted: () =>
      new Promise((resolve) => {
        heading('Headlamp is open');
        console.log(`  ${bold(headlamp.address)}   Entra, cluster and Headlamp's pages are emulated here\n`);
        console.log(`  ${developer.userPrincipalName}, password demo: has the role view, sees namespaces`);
        console.log(`  ${visitor.userPrincipalName}, password demo: has no role, is refused`);
        console.log(dim('\n  Sign in with one, and with the other in a private window. Ctrl-C ends everything.'));
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(true));
      }),
    close() {
      for (const { server } of [entra, headlamp]) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

type Answers = (url: URL, init: Parameters<Dispatch>[1]) => Promise<DispatchResponse>;

interface Door {
  readonly server: Server;
  readonly address: string;
  replace(from: string, to: string): void;
}

/** A server on a free port of this machine only. */
async function listen(answers: Answers): Promise<Door> {
  let replaced = (text: string) => text;
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.writeHead(502, { 'content-type': 'text/plain' }).end(error instanceof Error ? error.message : '');
    });
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]);
    const { method = 'GET', url = '/' } = request;
    const found = await answers(new URL(url, 'http://localhost'), {
      method,
      headers: Object.fromEntries(headers.filter(([name]) => name !== 'host' || url.startsWith('/oidc'))),
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const { location, 'content-type': type } = found.headers;
    response.writeHead(found.status, {
      ...(location !== undefined && { location: replaced(location) }),
      ...(type !== undefined && { 'content-type': type }),
      // Not every browser takes a secure cookie from a local address.
      'set-cookie': found.cookies.map((cookie) => cookie.replace(/; *secure/i, '')),
    });
    response.end(replaced(await found.text()));
  }
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    server,
    address: `http://localhost:${(server.address() as AddressInfo).port}`,
    replace(from, to) {
      replaced = (text) => text.replaceAll(from, to);
    },
  };
}
