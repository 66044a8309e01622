import { constants } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectTo, Socket } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { pipeline as pipe } from 'node:stream/promises';
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Answer, CertificateAuthority, KeyPair } from './exchange.ts';
import { type Arrival, bodyChunks, headersOf, isStream, type Pipeline } from './pipeline.ts';

const largestBody = 20 * 1024 * 1024;

export interface Proxy {
  readonly url: string;
  close(): Promise<void>;
}

/** The target of a TLS connection through the proxy. */
interface Tunnel {
  readonly host: string;
  readonly raw: Socket;
}

/** One per host, as it takes as long as a handshake. Without tickets: every connection makes a full handshake. */
const contexts = new WeakMap<KeyPair, SecureContext>();

function secureContextOf(keys: KeyPair): SecureContext {
  const { certificate: cert, privateKey: key } = keys;
  const context = contexts.get(keys) ?? createSecureContext({ cert, key, secureOptions: constants.SSL_OP_NO_TICKET });
  contexts.set(keys, context);
  return context;
}

/** An HTTP proxy, on the loopback address by default, that answers for every host behind it.
 * @param reaches whether the host name resolves in the network of the proxy; silent, if packets to it are dropped */
export async function startProxy(
  pipeline: Pipeline,
  authority: CertificateAuthority,
  reaches: (host: string) => boolean | 'silent',
  { host, port } = { host: '127.0.0.1', port: 0 },
): Promise<Proxy> {
  const tunnels = new WeakMap<object, Tunnel>();
  const sockets = new Set<Socket>();
  const inner = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const tunnel = tunnels.get(request.socket);
    if (tunnel) serve(pipeline, tunnel, request, response).catch(() => tunnel.raw.destroy());
  });
  const outer = createServer((_request, response) => {
    response.writeHead(400).end('This proxy carries HTTPS only: use CONNECT.');
  });
  outer.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  outer.on('connect', (request, socket, head) => {
    connect(request, socket, head).catch(() => socket.destroy());
  });

  async function connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const { hostname: host, port } = new URL(`https://${request.url}`);
    const service = pipeline.service(host);
    const reach = reaches(host);
    if (service !== undefined && reach === 'silent') return;
    if (service === undefined || !reach || port !== '' || !(socket instanceof Socket)) {
      pipeline.refuse(host);
      socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      return;
    }
    const target = service.passthrough?.(host);
    if (target) return joinSockets(socket, connectTo(target), head);
    const keys = await (service.authority?.(host) ?? authority).issueServer(host);
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    const secure = new TLSSocket(socket, {
      isServer: true,
      secureContext: secureContextOf(keys),
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    tunnels.set(secure, { host, raw: socket });
    secure.on('error', () => socket.destroy());
    secure.once('secure', () => inner.emit('connection', secure));
  }

  await new Promise<void>((resolve) => outer.listen(port, host, resolve));
  return {
    url: `http://127.0.0.1:${portOf(outer.address())}`,
    close: async () => {
      const closed = new Promise<void>((resolve) => outer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Joins two connections: when one closes, so does the other. */
function joinSockets(client: Socket, server: Socket, head: Buffer): void {
  server.on('error', () => client.destroy());
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  server.once('connect', () => {
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    server.write(head);
    client.pipe(server).pipe(client);
  });
}

async function serve(
  pipeline: Pipeline,
  { host, raw }: Tunnel,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return send(response, { status: 413, headers: { connection: 'close' } });
  if (!request.url?.startsWith('/')) return send(response, { status: 400 });
  if (request.headers.host?.replace(/:443$/, '').toLowerCase() !== host) return send(response, { status: 421 });
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const outcome = await pipeline.handle(arrivalOf(request, host, body, gone.signal));
  if (outcome?.kind === 'hang') return;
  if (outcome?.kind !== 'answer') {
    raw.resetAndDestroy();
    return;
  }
  try {
    await send(response, outcome.answer);
  } finally {
    outcome.sent();
  }
}

function arrivalOf(request: IncomingMessage, host: string, body: Buffer, signal: AbortSignal): Arrival {
  const clientCertificate = certificateOf(request.socket);
  return {
    method: request.method ?? 'GET',
    url: new URL(`https://${host}${request.url}`),
    headers: flatten(request.headers),
    body,
    signal,
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}

async function send(response: ServerResponse, answer: Answer): Promise<void> {
  response.writeHead(answer.status, {
    ...headersOf(answer),
    ...(answer.cookies && { 'set-cookie': [...answer.cookies] }),
  });
  if (!isStream(answer.body)) {
    for await (const chunk of bodyChunks(answer.body)) response.write(chunk);
    response.end();
    return;
  }
  response.flushHeaders();
  // A client may close a watch at any time: that ends the stream and is not an error.
  await pipe(Readable.from(answer.body), response).catch(() => response.destroy());
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    length += bytes.length;
    if (length > largestBody) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

function flatten(headers: IncomingMessage['headers']): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

function certificateOf(socket: object): string | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  return socket.getPeerX509Certificate()?.toString();
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.');
  return address.port;
}
