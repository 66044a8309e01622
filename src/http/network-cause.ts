import { RestError } from '@azure/core-rest-pipeline';
import { ActionError, messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { at, stringAt } from '../lib/json.ts';
import { PROXY_REFUSED, wayBy } from './agents.ts';
import { UNREADABLE } from './readable.ts';
import { TOO_LARGE } from './too-large.ts';

/** Why a host gave no answer, and what to do about that cause. */
export interface NetworkCause {
  readonly what: string;
  readonly fix: Fix;
}

/** A request of the run's transport that got no answer. */
export interface Unanswered extends NetworkCause {
  readonly host: string;
  /** For people: directly, or by which proxy. */
  readonly way: string;
}

type Explain = (host: string) => NetworkCause;

const MAY_PASS = fix`run the job again, as this may pass; if it does not`;

const REACH = fix`; or run the job on a self-hosted runner in a network that reaches it`;

/** By the codes of Node.js. https://nodejs.org/api/errors.html#nodejs-error-codes */
const CAUSES: readonly (readonly [code: RegExp, explain: Explain])[] = [
  [
    /^(ENOTFOUND|EAI_\w+)$/,
    (host) => ({
      what: 'its name is not known in DNS here',
      fix: fix`let this runner resolve ${host}: for a private endpoint, link the private DNS zone to its network${REACH}`,
    }),
  ],
  [
    /^ECONNREFUSED$/,
    (host) => ({
      what: 'it refuses the connection',
      fix: fix`find out which address ${host} has in DNS here, and open port 443 on the way to it${REACH}`,
    }),
  ],
  [
    new RegExp(`^${PROXY_REFUSED}$`),
    (host) => ({
      what: 'the proxy does not connect to it',
      fix: fix`allow ${host} at the proxy, or name it in NO_PROXY if this runner reaches it directly, as by a private endpoint`,
    }),
  ],
  [
    /^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/,
    (host) => ({
      what: 'its certificate is not valid now',
      fix: fix`check the clock of this runner, and the certificate that ${host} shows here`,
    }),
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS/,
    (host) => ({
      what: 'its certificate is of an authority or a name that this runner does not trust, so something on the way opens TLS',
      fix: fix`set NODE_EXTRA_CA_CERTS to a PEM file with the authority of your proxy, or have ${host} excluded from inspection`,
    }),
  ],
  [
    /^(EPROTO|ERR_SSL_\w+)$/,
    (host) => ({
      what: 'what answers there does not speak TLS',
      fix: fix`find out what has the address of ${host} here, such as the page of a proxy that wants people to sign in`,
    }),
  ],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE)$/,
    (host) => ({
      what: 'the connection is cut',
      fix: fix`${MAY_PASS}, let the firewall or proxy on the way pass TLS to ${host} on port 443${REACH}`,
    }),
  ],
  [
    new RegExp(`^${UNREADABLE}$`),
    (host) => ({
      what: 'something on the way, such as a proxy, cuts or changes its answers',
      fix: fix`${MAY_PASS}, have ${host} excluded from inspection`,
    }),
  ],
];

/** @param error of a request that got no answer */
export function networkCause(error: unknown, host: string): NetworkCause {
  const code = stringAt(error, 'code') ?? '';
  const { what, fix: way } = CAUSES.find(([codes]) => codes.test(code))?.[1](host) ?? {
    what: 'it does not answer',
    fix: fix`${MAY_PASS}, open the way to ${host} on port 443 in firewall and routes${REACH}`,
  };
  // Node.js says nothing if it has tried several addresses.
  return { what: `${what} (${messageOf(error) || code})`, fix: way };
}

/** @returns undefined for any other error, such as an answer that cannot be read */
export function unanswered(error: unknown): Unanswered | undefined {
  if (!(error instanceof RestError)) return error instanceof Error ? unanswered(error.cause) : undefined;
  const { code, request, statusCode } = error;
  if (!request || statusCode !== undefined || code === TOO_LARGE) return undefined;
  const { host } = new URL(request.url);
  const cause = networkCause(error, host);
  // Where only a service's own authority counts, no other can be added.
  const isPinned = at(request.requestOverrides, 'ca') !== undefined && /NODE_EXTRA_CA_CERTS/.test(String(cause.fix));
  const pinned = isPinned ? { fix: fix`have ${host} excluded from inspection` } : {};
  return { ...cause, ...pinned, host, way: wayBy(request.agent) };
}

/** The error for a request that got no answer; undefined for any other error. */
export function hostUnreachable(error: unknown, what: string): ActionError | undefined {
  const found = unanswered(error);
  return (
    found &&
    new ActionError(
      {
        id: 'host-unreachable',
        what: `${what}: ${found.host} cannot be reached ${found.way}`,
        why: found.what,
        fix: found.fix,
      },
      { cause: error },
    )
  );
}
