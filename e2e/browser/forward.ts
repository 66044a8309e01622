import { connect, createServer, type Socket } from 'node:net';

/** Listens on a local port, like `kubectl port-forward`, and asks for the target of each connection.
 * @returns the function that stops it */
export async function forward(
  port: number,
  target: () => Promise<{ readonly host: string; readonly port: number }>,
): Promise<() => Promise<void>> {
  const sockets = new Set<Socket>();
  const server = createServer(async (client) => {
    sockets.add(client);
    client.on('error', () => client.destroy());
    const pod = connect(await target());
    pod.on('error', () => client.destroy());
    pod.on('close', () => client.destroy());
    client.on('close', () => {
      sockets.delete(client);
      pod.destroy();
    });
    client.pipe(pod).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
}
