import type { Agent as AnyAgent } from 'node:http';
import { Agent } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { proxyFor } from './proxy.ts';

/** Certificates and key for a server with its own certificate authority, as PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Agents {
  for(url: string): AnyAgent;
  /** For people: directly, or by which proxy. */
  wayTo(url: string): string;
  /** Ends all connections. */
  close(): void;
}

/** A connection that nothing was sent over for this long is closed: a run may go to thousands of hosts. */
const IDLE_MS = 15_000;

const WATCH_MS = 200;

/** Error code if the proxy refuses to connect, for example to a host that it cannot resolve. */
export const PROXY_REFUSED = 'ERR_PROXY_REFUSED';

interface AgentOptions {
  readonly keepAlive: boolean;
  readonly timeout: number;
  readonly maxSockets: number;
}

/** To an API server, which decides how many requests a run has for it, but not how many connections. */
export const MOST_CONNECTIONS = 64;

/** What the library gets wrong: it never uses a connection again nor closes it, and a refusal by the proxy looks like an
 * answer of the server. */
class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(proxy: string, options: AgentOptions) {
    super(proxy, options);
    // The library replaces the options of Node.js, which then would never close a connection that is not used.
    Object.assign(this.options, { timeout: options.timeout });
  }

  /** The library infers this from the call stack, which differs when a connection is put back: so none was found again. */
  override isSecureEndpoint(): boolean {
    return true;
  }

  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    let refusal: number | undefined;
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) refusal = statusCode;
    });
    // A connection that the proxy never makes would outlive its request, and the run.
    const gone = new AbortController();
    const watch = setInterval(() => request.destroyed && gone.abort(), WATCH_MS);
    Object.assign(this.connectOpts, { signal: gone.signal });
    const socket = await super.connect(request, options).finally(() => clearInterval(watch));
    if (refusal === undefined) return socket;
    socket.destroy();
    const message = `the proxy ${this.proxy.host} answered ${refusal} to CONNECT ${options.host}`;
    throw Object.assign(new Error(message), { code: PROXY_REFUSED });
  }
}

/** For people: directly, or by which proxy. */
export const wayBy = (agent: unknown): string =>
  agent instanceof TunnelAgent ? `by the proxy ${agent.proxy.host}` : 'directly';

/** Keep-alive connections, through HTTPS_PROXY except to the hosts in NO_PROXY. Node.js itself trusts the certificates in
 * NODE_EXTRA_CA_CERTS. */
export function createAgents(
  environment: Readonly<Record<string, string | undefined>>,
  timeout: number = IDLE_MS,
  maxSockets: number = Number.POSITIVE_INFINITY,
): Agents {
  const options = { keepAlive: true, timeout, maxSockets };
  const direct = new Agent(options);
  const proxied = new Map<string, TunnelAgent>();
  const agentFor: Agents['for'] = (url) => {
    const proxy = proxyFor(url, environment);
    if (proxy === undefined) return direct;
    const agent = proxied.get(proxy) ?? new TunnelAgent(proxy, options);
    proxied.set(proxy, agent);
    return agent;
  };
  return {
    for: agentFor,
    wayTo: (url) => wayBy(agentFor(url)),
    close() {
      for (const agent of [direct, ...proxied.values()]) agent.destroy();
    },
  };
}
