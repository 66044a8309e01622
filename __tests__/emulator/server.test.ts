import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/emulator.ts';
import { createClock } from '../../emulator/lib/clock.ts';
import { createCertificateAuthority } from '../../emulator/server/certificates.ts';
import type { Answer, Exchange, Service } from '../../emulator/server/exchange.ts';
import { createFaults } from '../../emulator/server/faults.ts';
import { type Crash, createPipeline } from '../../emulator/server/pipeline.ts';
import { startProxy } from '../../emulator/server/proxy.ts';
import { createRequestLog } from '../../emulator/server/record.ts';
import { createClient } from './clients/https.ts';

let emulator: Emulator;
let client: ReturnType<typeof createClient>;
const discovery = () =>
  `https://login.microsoftonline.com/${emulator.directory.tenant.id}/v2.0/.well-known/openid-configuration`;

beforeAll(async () => {
  emulator = await startEmulator();
  client = createClient(emulator.proxyUrl, await readFile(emulator.certificateFile, 'utf8'));
});
afterAll(async () => {
  expect(emulator.crashes).toEqual([]);
  client.close();
  await emulator.close();
});
afterEach(() => {
  emulator.faults.clear();
  emulator.requests.clear();
});

describe('the proxy', () => {
  it('answers for the host names behind it, with certificates of the emulator', async () => {
    const reply = await client.send(discovery());
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toContain('application/json');
    expect(emulator.requests.all()).toMatchObject([{ service: 'entra', method: 'GET', status: 200, from: 'client' }]);
  });

  it('refuses connections to hosts that no service serves', async () => {
    await expect(client.send('https://nowhere.vault.azure.net/')).rejects.toThrow();
    expect(emulator.requests.all()).toMatchObject([
      { service: 'unknown host', host: 'nowhere.vault.azure.net', status: 502 },
    ]);
  });

  it('refuses plain HTTP', async () => {
    expect((await fetch(emulator.proxyUrl)).status).toBe(400);
  });

  it('refuses a request whose Host header differs from the host of its connection', async () => {
    expect((await client.send(discovery(), { headers: { host: 'graph.microsoft.com' } })).status).toBe(421);
  });

  it('the request log distinguishes reads and writes', async () => {
    await client.send('https://graph.microsoft.com/v1.0/applications', { method: 'POST' });
    await client.send('https://graph.microsoft.com/v1.0/applications');
    expect(emulator.requests.writes()).toMatchObject([{ method: 'POST', path: '/v1.0/applications', status: 401 }]);
  });
});

describe('faults', () => {
  const entra = { matches: ({ url }: { url: URL }) => url.hostname === 'login.microsoftonline.com', times: 1 };

  it('a status fault replaces the answer, as many times as its rule says', async () => {
    emulator.faults.add({ ...entra, fault: { kind: 'status', status: 429, headers: { 'Retry-After': '3' } } });
    const refused = await client.send(discovery());
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '3']);
    expect((await client.send(discovery())).status).toBe(200);
  });

  it('a reset fault resets the connection before the request is executed', async () => {
    let executed = 0;
    const stop = emulator.faults.onExecuted(() => {
      executed += 1;
    });
    emulator.faults.add({ ...entra, fault: { kind: 'reset' } });
    await expect(client.send(discovery())).rejects.toMatchObject({ code: 'ECONNRESET' });
    stop();
    expect(executed).toBe(0);
  });

  it('a lost fault executes the request and resets the connection', async () => {
    const executed: number[] = [];
    const stop = emulator.faults.onExecuted(({ id }) => {
      executed.push(id);
    });
    emulator.faults.add({ ...entra, fault: { kind: 'lost' } });
    await expect(client.send(discovery())).rejects.toMatchObject({ code: 'ECONNRESET' });
    stop();
    expect(executed).toHaveLength(1);
  });

  it('a hang fault leaves the request without an answer', async () => {
    const controller = new AbortController();
    emulator.faults.add({ ...entra, fault: { kind: 'hang' } });
    const stop = emulator.faults.onRequest(() => {
      setImmediate(() => controller.abort());
    });
    await expect(client.send(discovery(), { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    stop();
    expect(emulator.requests.all()[0]?.status).toBeUndefined();
  });
});

describe('a certificate authority', () => {
  it('accepts only certificates that it signed', async () => {
    const [own, other] = await Promise.all([createCertificateAuthority('one'), createCertificateAuthority('one')]);
    const { certificate } = await own.issueClient('masterclient', ['system:masters']);
    expect([await own.verify(certificate), await other.verify(certificate), await own.verify('')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('refuses an expired certificate', async () => {
    const clock = createClock();
    const authority = await createCertificateAuthority('one', clock);
    const { certificate } = await authority.issueClient('masterclient', []);
    clock.advance(3 * 365 * 24 * 60 * 60 * 1000);
    expect(await authority.verify(certificate)).toBe(false);
  });
});

describe('a service behind the proxy', () => {
  /** A proxy in front of one service, whose host has its own authority. */
  async function behindProxy(answer: (request: Exchange) => Promise<Answer>) {
    const [publicOne, own] = await Promise.all([
      createCertificateAuthority('public'),
      createCertificateAuthority('own'),
    ]);
    const service: Service = {
      name: 'service',
      serves: (host) => host === 'own.example',
      writes: () => false,
      answer,
      authority: () => own,
    };
    const crashes: Crash[] = [];
    const requests = createRequestLog(createClock());
    const pipeline = createPipeline({ services: [service], requests, faults: createFaults().source, crashes });
    const proxy = await startProxy(pipeline, publicOne, () => true);
    const caller = createClient(proxy.url, own.certificate, await own.issueClient('masterclient', ['system:masters']));
    return {
      crashes,
      get: (options = {}) => caller.send('https://own.example/path?a=b', options),
      close: async () => {
        caller.close();
        await proxy.close();
      },
      own,
    };
  }

  it('a service gets the whole request and the client certificate', async () => {
    let seen: Exchange | undefined;
    const { get, own, close } = await behindProxy(async (request) => {
      seen = request;
      return { status: 201, body: 'made' };
    });
    const reply = await get({ method: 'POST', headers: { 'X-Name': 'value' }, body: 'body' });
    expect([reply.status, reply.body]).toEqual([201, 'made']);
    expect([seen?.method, seen?.url.href, seen?.headers['x-name'], seen?.body.toString()]).toEqual([
      'POST',
      'https://own.example/path?a=b',
      'value',
      'body',
    ]);
    expect(await own.verify(seen?.clientCertificate ?? '')).toBe(true);
    await close();
  });

  it('a service is notified when a client closes its stream', async () => {
    const controller = new AbortController();
    let left: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      left = resolve;
    });
    const { get, close } = await behindProxy(async ({ signal }) => {
      async function* events() {
        yield 'first';
        controller.abort();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        left();
      }
      return { status: 200, body: events() };
    });
    await expect(get({ signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await gone;
    await close();
  });

  it('an exception in a service becomes status 500 and a recorded crash', async () => {
    const { get, crashes, close } = await behindProxy(async () => {
      throw new Error('a bug of the emulator');
    });
    expect((await get()).status).toBe(500);
    expect(crashes).toMatchObject([{ service: 'service', request: 'GET https://own.example/path?a=b' }]);
    await close();
  });
});
