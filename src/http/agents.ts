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
    const agent = proxied.get(proxy) ?? new HttpsProxyAgent(proxy, options);
    proxied.set(proxy, agent);
    return agent;
  };
}
