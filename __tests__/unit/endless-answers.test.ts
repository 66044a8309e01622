import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { createJournal } from '../../src/http/journal.ts';
import type { Silence } from '../../src/http/retry.ts';
import { createTransport } from '../../src/http/transport.ts';

const SHORT = { attemptMs: 1_000, totalMs: 0 };
/** Longer than it takes to unpack a large answer on a busy machine. */
const LONG = { attemptMs: 100_000, totalMs: 0 };

/** A request to a server that sends these bytes as a compressed answer, and ends it or not. */
async function ask(compressed: Buffer, ends: boolean, silence: Silence, file?: string) {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.write(compressed);
    if (ends) response.end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const journal = createJournal(() => {});
  const transport = createTransport({ onRetry: () => {}, redact: (text) => text, journal, environment: {} });
  return transport.channel({ silence })({ method: 'GET', url: `http://127.0.0.1:${port}/`, ...(file && { file }) });
}

it('a compressed answer that begins and does not go on ends the request in time', async () => {
  const started = gzipSync('{"items": []}').subarray(0, 14);
  await expect(ask(started, false, SHORT)).rejects.toMatchObject({ code: 'ERR_NO_ANSWER' });
});

it('a small answer that is large once it is unpacked ends the request', async () => {
  const unpacked = Buffer.alloc(70 * 1024 * 1024, ' ');
  await expect(ask(gzipSync(unpacked), true, LONG)).rejects.toMatchObject({
    code: 'ERR_TOO_LARGE',
    message: 'the answer is larger than 64 MB',
  });
});

it('a download does not fill the disk', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'download-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'helm.tar.gz');
  await expect(ask(gzipSync(Buffer.alloc(210_000_000), { level: 1 }), true, LONG, file)).rejects.toMatchObject({
    message: 'the answer is larger than 200 MB',
  });
  expect((await stat(file)).size).toBeLessThan(201_000_000);
});

it('a compressed answer is read as usual', async () => {
  expect((await ask(gzipSync('{"items": []}'), true, LONG)).text).toBe('{"items": []}');
});
