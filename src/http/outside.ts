import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { TLSSocket } from 'node:tls';
import { excerptOf, type Redact } from '../lib/masking.ts';
import type { Agents } from './agents.ts';

/** The lifetime of a server's certificate. */
export interface CertificateLife {
  readonly startsOn: Date;
  readonly endsOn: Date;
}

export interface OutsideResponse {
  readonly status: number;
  /** Only `location`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The start of the body, to show in an error. */
  excerpt(): string;
  readonly certificate: CertificateLife | undefined;
}

const TIMEOUT_MS = 10_000;
/** This much of the body is enough to show what answered. */
const LONGEST_TEXT = 4_096;

/**
 * One GET as a browser would send it, without following a redirect and without retries: an address that cannot be
 * reached from here is a finding. The Azure SDK's client does not show the server's certificate.
 * @throws Error with the code of Node.js
 */
export function getFromOutside(url: URL, redact: Redact, agents: Agents): Promise<OutsideResponse> {
  return new Promise((resolve, reject) => {
    const agent = agents.for(url.href);
    const headers = { 'user-agent': 'headlamp-aks-entra' };
    const request = get(url, { agent, headers, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      const certificate = certificateOf(response);
      read(response)
        .then((text) => {
          const location = response.headers.location;
          resolve({
            status: response.statusCode ?? 0,
            headers: location === undefined ? {} : { location },
            excerpt: () => excerptOf(text, redact),
            certificate,
          });
        })
        .catch(reject);
    });
    request.on('error', reject);
  });
}

function certificateOf({ socket }: IncomingMessage): CertificateLife | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const { valid_from: from, valid_to: to } = socket.getPeerCertificate();
  return to === undefined ? undefined : { startsOn: new Date(from), endsOn: new Date(to) };
}

async function read(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) {
    text += String(chunk);
    if (text.length > LONGEST_TEXT) break;
  }
  return text;
}
