import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { onTestFinished } from 'vitest';

/** A proxy that forbids one host and sends all else on to another proxy. @returns its address */
export async function filteringProxy(next: string, forbidden: RegExp): Promise<string> {
  const { hostname, port } = new URL(next);
  const server = createServer().on('connect', (request, client) => {
    client.on('error', () => client.destroy());
    if (forbidden.test(request.url ?? '')) return client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    const upstream = connect(Number(port), hostname);
    upstream.on('error', () => client.destroy());
    upstream.write(`CONNECT ${request.url} HTTP/1.1\r\nhost: ${request.url}\r\n\r\n`);
    return upstream.pipe(client).pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
