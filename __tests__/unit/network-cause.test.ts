import { createServer as createHttps } from 'node:https';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '../../emulator/server/certificates.ts';
import { createAgents } from '../../src/http/agents.ts';
import { createJournal } from '../../src/http/journal.ts';
import { hostUnreachable, networkCause } from '../../src/http/network-cause.ts';
import { getFromOutside } from '../../src/http/outside.ts';
import { createTransport } from '../../src/http/transport.ts';
import { listen } from './local-server.ts';

/** What is said of a host that is asked as the action asks. */
async function causeOf(url: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const agents = createAgents(environment);
  try {
    await getFromOutside(new URL(url), (text) => text, agents);
    return 'answers';
  } catch (error) {
    const { what, fix } = networkCause(error, 'vault.example');
    return `${what}. ${fix}`;
  } finally {
    agents.close();
  }
}

describe('a host that gives no answer is told by its cause:', () => {
  it('a name that DNS does not know', async () => {
    expect(await causeOf('https://nowhere.invalid/')).toMatch(/^its name is not known in DNS here .*private DNS zone/);
  });

  it('a refused connection', async () => {
    const server = createServer();
    const port = await listen(server);
    server.close();
    expect(await causeOf(`https://127.0.0.1:${port}/`)).toMatch(/^it refuses the connection .*ECONNREFUSED/);
  });

  it('a certificate of an authority that is not trusted', async () => {
    const authority = await createCertificateAuthority('inspection');
    const { certificate: cert, privateKey: key } = await authority.issueServer('vault.example');
    const port = await listen(createHttps({ cert, key }, (_, response) => response.end()));
    expect(await causeOf(`https://127.0.0.1:${port}/`)).toMatch(/opens TLS .*NODE_EXTRA_CA_CERTS/);
  });

  it('a connection that is cut', async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect(await causeOf(`https://127.0.0.1:${port}/`)).toMatch(/^the connection is cut /);
  });

  it('something else that answers', async () => {
    const port = await listen(createServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n')));
    expect(await causeOf(`https://127.0.0.1:${port}/`)).toMatch(/^what answers there does not speak TLS /);
  });

  it('a proxy that refuses it', async () => {
    const proxy = createServer((socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const environment = { HTTPS_PROXY: `http://127.0.0.1:${await listen(proxy)}` };
    expect(await causeOf('https://vault.example/', environment)).toMatch(
      /^the proxy does not connect to it .*answered 403 .*allow vault\.example at the proxy/,
    );
  });

  it('silence', () => {
    const error = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    expect(networkCause(error, 'vault.example').what).toMatch(/^it does not answer /);
  });
});

describe('a request of the run that gets no answer', () => {
  /** What is said of a request to a server whose certificate is of an authority that nobody trusts. */
  async function refusedOf(tls?: { readonly ca: string }): Promise<string> {
    const authority = await createCertificateAuthority('inspection');
    const { certificate: cert, privateKey: key } = await authority.issueServer('localhost');
    const port = await listen(createHttps({ cert, key }, (_, response) => response.end()));
    const witness = { onRetry: () => {}, journal: createJournal(() => {}) };
    const transport = createTransport({ ...witness, redact: (text) => text, environment: {} });
    const channel = transport.channel(tls ? { tls } : {});
    const error: unknown = await channel({ method: 'GET', url: `https://localhost:${port}/` }).catch(
      (failed) => failed,
    );
    return String(hostUnreachable(new Error('hides it', { cause: error }), 'Reading failed')?.message);
  }

  it('is told with its host, the way and the cause, also behind the error of a library', async () => {
    expect(await refusedOf()).toMatch(
      /^host-unreachable: Reading failed: localhost:\d+ cannot be reached directly\. Its certificate .*NODE_EXTRA_CA_CERTS/,
    );
  });

  it('is not told to trust another authority where only one counts, as for an API server', async () => {
    const { certificate: ca } = await createCertificateAuthority('cluster');
    const told = await refusedOf({ ca });
    expect(told).toMatch(/have localhost:\d+ excluded from inspection/);
    expect(told).not.toContain('NODE_EXTRA_CA_CERTS');
  });

  it('is not what an answer is that cannot be taken', () => {
    expect(hostUnreachable(new Error('the answer is no JSON'), 'Reading failed')).toBeUndefined();
  });
});
