import { integer, type JsonObject, list, strings, text } from '../lib/json.ts';
import type { Answer, Exchange } from '../server/exchange.ts';
import type { Pods } from './pods.ts';
import { resourceOf } from './resources.ts';
import { podBehind } from './service-proxy.ts';
import { KubernetesError } from './status.ts';
import { namespaceOf, type Store } from './store.ts';

/** Where the cluster's ingress controller or gateway sends the requests to a host name. */
export interface Route {
  /** Whether the host has a certificate of its own; otherwise the controller shows one that nobody trusts. */
  readonly hasCertificate: boolean;
  answer(request: Exchange): Promise<Answer>;
}

interface Backend {
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  readonly hasCertificate: boolean;
}

/** Undefined if no Ingress and no HTTPRoute names the host. */
export function routeOf(host: string, store: Store, pods: Pods): Route | undefined {
  const backend =
    store.list(resourceOf('Ingress'), '').flatMap((entry) => ofIngress(host, entry))[0] ??
    store.list(resourceOf('HTTPRoute'), '').flatMap((entry) => ofHttpRoute(host, entry))[0];
  return (
    backend && { hasCertificate: backend.hasCertificate, answer: (request) => forward(request, backend, store, pods) }
  );
}

function ofIngress(host: string, ingress: JsonObject): Backend[] {
  const hasCertificate = list(ingress, 'spec', 'tls').some((entry) => strings(entry, 'hosts').includes(host));
  return list(ingress, 'spec', 'rules')
    .filter((rule) => text(rule, 'host') === host)
    .flatMap((rule) => list(rule, 'http', 'paths'))
    .map((path) => ({
      namespace: namespaceOf(ingress),
      service: text(path, 'backend', 'service', 'name') ?? '',
      port: String(integer(path, 'backend', 'service', 'port', 'number')),
      hasCertificate,
    }));
}

/** Its Gateway holds the certificate. */
function ofHttpRoute(host: string, route: JsonObject): Backend[] {
  if (!strings(route, 'spec', 'hostnames').includes(host)) return [];
  return list(route, 'spec', 'rules')
    .flatMap((rule) => list(rule, 'backendRefs'))
    .map((backend) => ({
      namespace: namespaceOf(route),
      service: text(backend, 'name') ?? '',
      port: String(integer(backend, 'port')),
      hasCertificate: true,
    }));
}

async function forward(request: Exchange, backend: Backend, store: Store, pods: Pods): Promise<Answer> {
  const server = pods.server(podOf(backend, store) ?? {});
  if (server === undefined) return { status: 503, body: 'no healthy upstream' };
  return server.answer({
    method: request.method,
    path: request.url.pathname,
    query: request.url.searchParams,
    headers: { ...request.headers, host: request.url.host, 'x-forwarded-proto': 'https' },
    body: request.body,
  });
}

function podOf({ namespace, service, port }: Backend, store: Store): JsonObject | undefined {
  try {
    return podBehind({ resource: resourceOf('Service'), namespace, name: service }, service, port, store);
  } catch (error) {
    if (error instanceof KubernetesError) return undefined;
    throw error;
  }
}
