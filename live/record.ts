import { appendFileSync } from 'node:fs';
import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { gunzipSync } from 'node:zlib';
import { createSanitizer, UNKNOWN } from './sanitize.ts';

/**
 * Preloaded into the action: writes each exchange over HTTPS into a file, a line each, in the form of a recording and
 * without what is the tenant's. What Kubernetes and GitHub answer is left out but for the status.
 */
const { file, ...sanitizing } = JSON.parse(process.env['LIVE_RECORDING'] ?? '{"file":"","names":{},"salt":""}');
const sanitizer = createSanitizer(sanitizing);

const HEADERS = new Set([
  ...['content-type', 'retry-after', 'location', 'azure-asyncoperation', 'www-authenticate', 'x-ms-failure-cause'],
  ...['prefer', 'if-match', 'if-none-match', 'etag', 'odata-version'],
]);

function observe(request: ClientRequest): void {
  const sent: Buffer[] = [];
  const keep = (chunk: unknown) => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) sent.push(Buffer.from(chunk));
  };
  request.write = new Proxy(request.write, {
    apply(target, self, args) {
      keep(args[0]);
      return Reflect.apply(target, self, args);
    },
  });
  request.end = new Proxy(request.end, {
    apply(target, self, args) {
      keep(args[0]);
      return Reflect.apply(target, self, args);
    },
  });
  request.once('response', (response: IncomingMessage) => {
    const received: Buffer[] = [];
    // Listening to the data would take it away from a reader that comes later.
    response.push = new Proxy(response.push, {
      apply(target, self, args) {
        const [chunk] = args;
        if (chunk === null) note(request, sent, response, received);
        else received.push(Buffer.from(chunk));
        return Reflect.apply(target, self, args);
      },
    });
  });
}

function note(request: ClientRequest, sent: readonly Buffer[], response: IncomingMessage, received: readonly Buffer[]) {
  const host = String(request.getHeader('host') ?? request.host).replace(/:\d+$/, '');
  const isOpen = !/azmk8s\.io$|githubusercontent\.com$|\.github(app)?\.(com|io)$/.test(host);
  const bytes = Buffer.concat(received);
  const plain = response.headers['content-encoding'] === 'gzip' && bytes.length > 0 ? gunzipSync(bytes) : bytes;
  const entry = {
    date: new Date().toISOString().slice(0, 10),
    seen: 'recorded',
    request: {
      method: request.method,
      url: sanitizer.text(`https://${host}${decodeURIComponent(request.path)}`),
      headers: headersOf(request.getHeaders()),
      ...(isOpen ? bodyOf(Buffer.concat(sent).toString()) : {}),
    },
    response: {
      status: response.statusCode,
      headers: headersOf(response.headers),
      ...(isOpen ? bodyOf(plain.toString()) : {}),
    },
  };
  appendFileSync(file, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
}

function headersOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      HEADERS.has(name.toLowerCase()) ? [[name.toLowerCase(), sanitizer.text(String(value))]] : [],
    ),
  );
}

/** JSON or a form; of anything else, only that it is there. */
function bodyOf(text: string): { readonly body?: unknown } {
  if (text === '') return {};
  try {
    return { body: sanitizer.json(JSON.parse(text)) };
  } catch {
    const form = /^[\w.-]+=/.test(text) ? Object.fromEntries(new URLSearchParams(text)) : UNKNOWN;
    return { body: sanitizer.json(form) };
  }
}

if (file !== '') {
  https.request = new Proxy(https.request, {
    apply(target, self, args) {
      const request = Reflect.apply(target, self, args);
      observe(request);
      return request;
    },
  });
  syncBuiltinESMExports();
}
