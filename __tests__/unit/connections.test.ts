import { once } from 'node:events';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps, get } from 'node:https';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createCertificateAuthority } from '../../emulator/server/certificates.ts';
import { type Agents, createAgents } from '../../src/http/agents.ts';
import { createJournal } from '../../src/http/journal.ts';
import { createTransport } from '../../src/http/transport.ts';
import { listen } from './local-server.ts';

/** A host that counts its connections: those made so far, and those that are open. */
async function startHost(name: string) {
  const authority = await createCertificateAuthority('test');
  const { certificate: cert, privateKey: key } = await authority.issueServer(name);
  const seen = { made: 0, open: 0 };
  const host = createHttps({ cert, key, keepAliveTimeout: 60_000 }, (_, response) => response.end('answer'));
  host.on('secureConnection', (socket) => {
    seen.made += 1;
    seen.open += 1;
    socket.on('close', () => {
      seen.open -= 1;
    });
  });
  return { seen, ca: authority.certificate, url: `https://${name}:${await listen(host)}/` };
}

async function startProxy(): Promise<string> {
  const proxy = createHttp();
  proxy.on('connect', ({ url = '' }, client) => {
    const target = connect(Number(url.split(':')[1]), '127.0.0.1', () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
    client.on('close', () => target.destroy()).on('error', () => target.destroy());
    target.on('close', () => client.destroy()).on('error', () => client.destroy());
    client.pipe(target).pipe(client);
  });
  return `http://127.0.0.1:${await listen(proxy)}`;
}

async function ask(url: string, ca: string, agents: Agents): Promise<void> {
  const [response] = await once(get(url, { agent: agents.for(url), ca }), 'response');
  response.resume();
  await once(response, 'end');
}

describe.each([
  ['directly', 'localhost', async () => ({})],
  ['by a proxy', 'host.example', async () => ({ HTTPS_PROXY: await startProxy() })],
])('a host that is reached %s', (_, name, environmentOf) => {
  it('gets one request after another over the same connection', async () => {
    const { seen, ca, url } = await startHost(name);
    const witness = { onRetry: () => undefined, journal: createJournal(() => undefined) };
    const transport = createTransport({ ...witness, redact: (text) => text, environment: await environmentOf() });
    const branch = transport.branch(witness);
    onTestFinished(() => branch.close());
    const channel = branch.channel({ tls: { ca } });
    for (let count = 0; count < 3; count += 1) expect((await channel({ method: 'GET', url })).text).toBe('answer');
    expect(seen).toEqual({ made: 1, open: 1 });
  });

  it('has no connection any more when it was not asked for a while', async () => {
    const { seen, ca, url } = await startHost(name);
    const agents = createAgents(await environmentOf(), 200);
    onTestFinished(() => agents.close());
    await ask(url, ca, agents);
    expect(seen.open).toBe(1);
    await vi.waitFor(() => expect(seen.open).toBe(0), { timeout: 5_000 });
  });

  it('has no more connections than it may have, however many requests there are at a time', async () => {
    const { seen, ca, url } = await startHost(name);
    const agents = createAgents(await environmentOf(), undefined, 4);
    onTestFinished(() => agents.close());
    await Promise.all(Array.from({ length: 40 }, () => ask(url, ca, agents)));
    expect(seen).toEqual({ made: 4, open: 4 });
  });
});
