import { Agent } from 'node:https';
import { getProxyUrl } from '@actions/http-client/lib/proxy';
import type { Agent as RequestAgent } from '@azure/core-rest-pipeline';
import { HttpsProxyAgent } from 'https-proxy-agent';

/** What talking to a server with an authority of its own takes, as PEM. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type AgentFor = (url: string) => RequestAgent;

/** The code of the error of a connection that the proxy refused to make, as for a host that it does not know. */
export const PROXY_REFUSED = 'ERR_PROXY_REFUSED';

/** Tells a refusal of the proxy's from an answer of the server's, which the library makes look alike. */
class TunnelAgent extends HttpsProxyAgent<string> {
  override async connect(...[request, options]: Parameters<HttpsProxyAgent<string>['connect']>) {
    let refusal: number | undefined;
    request.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
      if (statusCode !== 200) refusal = statusCode;
    });
    const socket = await super.connect(request, options);
    if (refusal === undefined) return socket;
    socket.destroy();
    const message = `the proxy ${this.proxy.host} answered ${refusal} to CONNECT ${options.host}`;
    throw Object.assign(new Error(message), { code: PROXY_REFUSED });
  }
}

/**
 * Connections that are kept open, through HTTPS_PROXY except where NO_PROXY says otherwise. NO_PROXY is read with the
 * rules of @actions/http-client, so that every client of the run agrees on which hosts are reached directly.
 * Certificates of NODE_EXTRA_CA_CERTS are trusted by Node.js itself.
 */
export function createAgents(): AgentFor {
  const options = { keepAlive: true };
  const direct = new Agent(options);
  const proxied = new Map<string, RequestAgent>();
  return (url) => {
    const proxy = getProxyUrl(new URL(url))?.href;
    if (proxy === undefined) return direct;
    const agent = proxied.get(proxy) ?? new TunnelAgent(proxy, options);
    proxied.set(proxy, agent);
    return agent;
  };
}
