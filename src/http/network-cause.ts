import { messageOf } from '../lib/errors.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import { PROXY_REFUSED } from './agents.ts';

/** Why a host gave no answer, and what to do about that cause. */
export interface NetworkCause {
  readonly what: string;
  readonly fix: Fix;
}

type Explain = (host: string) => NetworkCause;

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
      fix: fix`allow ${host} at the proxy, or name it in NO_PROXY if this runner reaches it directly`,
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
    /^(ECONNRESET|EPIPE)$/,
    (host) => ({
      what: 'the connection is cut',
      fix: fix`let the firewall or proxy on the way pass TLS to ${host} on port 443${REACH}`,
    }),
  ],
];

/** @param error of a request that got no answer */
export function networkCause(error: unknown, host: string): NetworkCause {
  const code = stringAt(error, 'code') ?? '';
  const { what, fix: way } = CAUSES.find(([codes]) => codes.test(code))?.[1](host) ?? {
    what: 'it does not answer',
    fix: fix`open the way to ${host} on port 443 in firewall and routes${REACH}`,
  };
  return { what: `${what} (${messageOf(error)})`, fix: way };
}
