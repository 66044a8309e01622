import type { Answer } from '../server/exchange.ts';
import type { Call } from './call.ts';
import { groupVersionOf } from './resources.ts';
import type { Matches } from './selector.ts';
import { namespaceOf, type StoreEvent } from './store.ts';

/** A stream of changes, one JSON object per line, until the client disconnects or `timeoutSeconds` are over. */
export function watch(call: Call, matches: Matches): Answer {
  const { request, address, store } = call;
  const { resource, namespace } = address;
  const streamsList = request.url.searchParams.get('sendInitialEvents') === 'true';
  const after = streamsList ? 0 : Number(request.url.searchParams.get('resourceVersion') ?? '0');
  const wanted = (event: StoreEvent) =>
    event.resource === resource &&
    (namespace === '' || namespaceOf(event.object) === namespace) &&
    matches(event.object);
  const seconds = Number(request.url.searchParams.get('timeoutSeconds') ?? '300');
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(seconds * 1000)]);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: events() };

  async function* events(): AsyncGenerator<string> {
    const queue: StoreEvent[] = [];
    let wake = () => {};
    if (after === 0) for (const object of store.list(resource, namespace).filter(matches)) yield line('ADDED', object);
    if (streamsList) yield endOfList(call);
    const stop = store.watch(after === 0 ? store.version() : after, (event) => {
      if (wanted(event)) queue.push(event);
      wake();
    });
    signal.addEventListener('abort', () => wake());
    try {
      while (!signal.aborted) {
        for (const event of queue.splice(0)) yield line(event.type, event.object);
        if (signal.aborted) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (queue.length > 0) resolve();
        });
      }
    } finally {
      stop();
    }
  }
}

/** Tells a client that lists by watching that the initial list is complete.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists */
function endOfList({ address: { resource }, store }: Call): string {
  const annotations = { 'k8s.io/initial-events-end': 'true' };
  const metadata = { resourceVersion: String(store.version()), annotations };
  return line('BOOKMARK', { apiVersion: groupVersionOf(resource), kind: resource.kind, metadata });
}

const line = (type: StoreEvent['type'] | 'BOOKMARK', object: StoreEvent['object']) =>
  `${JSON.stringify({ type, object })}\n`;
