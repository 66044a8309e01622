import { integer, type JsonObject, list, stringMap, text } from '../lib/json.ts';
import type { Answer, Exchange } from '../server/exchange.ts';
import type { Address } from './address.ts';
import { isReady, type Pods } from './pods.ts';
import { resourceOf } from './resources.ts';
import { matchesLabels } from './selector.ts';
import { KubernetesError, notFound } from './status.ts';
import type { Store } from './store.ts';

/** Forwards a request to a ready pod behind a Service, or to a pod.
 * https://kubernetes.io/docs/tasks/access-application-cluster/access-cluster-services/#manually-constructing-apiserver-proxy-urls */
export function proxy(request: Exchange, address: Address, store: Store, pods: Pods): Promise<Answer> {
  const [name = '', port = ''] = address.name.replace(/^https?:/, '').split(':');
  const target =
    address.resource.kind === 'Service'
      ? podBehind(address, name, port, store)
      : store.get(address.resource, address.namespace, name);
  if (target === undefined) throw notFound(address.resource, name);
  const server = pods.server(target);
  if (server === undefined)
    throw new KubernetesError(503, 'ServiceUnavailable', `no endpoints available for service "${address.name}"`);
  return server.answer({
    method: request.method,
    path: address.rest,
    query: request.url.searchParams,
    headers: request.headers,
    body: request.body,
  });
}

/** A ready pod that the Service selects. @throws KubernetesError */
export function podBehind(
  address: Pick<Address, 'resource' | 'namespace' | 'name'>,
  name: string,
  port: string,
  store: Store,
): JsonObject {
  const service = store.get(address.resource, address.namespace, name);
  if (service === undefined) throw notFound(address.resource, name);
  const ports = list(service, 'spec', 'ports');
  const known =
    port === ''
      ? ports.length === 1
      : ports.some((entry) => String(integer(entry, 'port')) === port || text(entry, 'name') === port);
  const selector = stringMap(service, 'spec', 'selector');
  const selects = matchesLabels(selector);
  const pod = store
    .list(resourceOf('Pod'), address.namespace)
    .find((candidate) => selects(candidate) && isReady(candidate));
  if (!known || Object.keys(selector).length === 0 || pod === undefined) {
    throw new KubernetesError(503, 'ServiceUnavailable', `no endpoints available for service "${address.name}"`);
  }
  return pod;
}
