import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { type Json, type JsonObject, list, object, put, same, text } from '../lib/json.ts';
import { groupVersionOf, type Resource, resources } from './resources.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: Resource;
  readonly object: JsonObject;
  readonly version: number;
}

/** The objects of a cluster, with the metadata that the API server maintains. */
export interface Store {
  get(resource: Resource, namespace: string, name: string): JsonObject | undefined;
  /** The objects of one namespace, or of all if it is empty. */
  list(resource: Resource, namespace: string): readonly JsonObject[];
  create(resource: Resource, object: JsonObject): JsonObject;
  /** Replaces an object; without a difference, nothing changes. */
  update(resource: Resource, object: JsonObject): JsonObject;
  /** Deletes an object and what it owns. */
  remove(resource: Resource, namespace: string, name: string): void;
  /** The version of the newest change, as `metadata.resourceVersion` of a list. */
  version(): number;
  /** Calls the listener with each change after the version, until the returned function is called. */
  watch(after: number, listener: (event: StoreEvent) => void): () => void;
}

/** How many changes are kept for watches; a real etcd is compacted, too. */
const HISTORY = 5_000;

export function createStore(clock: Clock): Store {
  const objects = new Map<string, { resource: Resource; object: JsonObject }>();
  const listeners = new Set<(event: StoreEvent) => void>();
  const history: StoreEvent[] = [];
  let version = 1;

  const emit = (type: StoreEvent['type'], resource: Resource, changed: JsonObject) => {
    const event = { type, resource, object: changed, version };
    history.push(event);
    if (history.length > HISTORY) history.shift();
    for (const listener of [...listeners]) listener(event);
  };
  const save = (type: 'ADDED' | 'MODIFIED', resource: Resource, changed: JsonObject): JsonObject => {
    version += 1;
    const stored = put(changed, ['metadata', 'resourceVersion'], String(version));
    objects.set(keyOf(resource, stored), { resource, object: stored });
    emit(type, resource, stored);
    return stored;
  };
  const removeOwned = (uid: string) => {
    for (const { resource, object: candidate } of [...objects.values()]) {
      const owned = list(candidate, 'metadata', 'ownerReferences').some((owner) => text(owner, 'uid') === uid);
      if (owned) store.remove(resource, namespaceOf(candidate), nameOf(candidate));
    }
  };

  const store: Store = {
    get: (resource, namespace, name) => objects.get(key(resource, namespace, name))?.object,
    list: (resource, namespace) =>
      [...objects.values()]
        .filter((entry) => entry.resource === resource && (namespace === '' || namespaceOf(entry.object) === namespace))
        .map((entry) => entry.object),
    create: (resource, requested) => {
      const metadata = {
        ...object(requested, 'metadata'),
        uid: randomUUID(),
        creationTimestamp: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
        ...('spec' in requested ? { generation: 1 } : {}),
      };
      return save('ADDED', resource, {
        apiVersion: groupVersionOf(resource),
        kind: resource.kind,
        ...requested,
        metadata,
      });
    },
    update: (resource, changed) => {
      const before = objects.get(keyOf(resource, changed))?.object;
      if (before === undefined) throw new Error(`There is no ${resource.kind} ${nameOf(changed)}.`);
      if (same(before, changed)) return before;
      const generation = before['metadata'] && object(before, 'metadata')['generation'];
      const counted = typeof generation === 'number' && !same(before['spec'], changed['spec']);
      return save('MODIFIED', resource, counted ? put(changed, ['metadata', 'generation'], generation + 1) : changed);
    },
    remove: (resource, namespace, name) => {
      const entry = objects.get(key(resource, namespace, name));
      if (entry === undefined) return;
      objects.delete(key(resource, namespace, name));
      version += 1;
      emit('DELETED', resource, put(entry.object, ['metadata', 'resourceVersion'], String(version)));
      removeOwned(text(entry.object, 'metadata', 'uid') ?? '');
      if (resource.kind === 'Namespace') removeNamespaced(store, name);
    },
    version: () => version,
    watch: (after, listener) => {
      for (const event of history) if (event.version > after) listener(event);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
  return store;
}

function removeNamespaced(store: Store, namespace: string): void {
  for (const resource of resources.filter((candidate) => candidate.namespaced)) {
    for (const entry of store.list(resource, namespace)) store.remove(resource, namespace, nameOf(entry));
  }
}

export const nameOf = (entry: Json | undefined) => text(entry, 'metadata', 'name') ?? '';
export const namespaceOf = (entry: Json | undefined) => text(entry, 'metadata', 'namespace') ?? '';

const key = ({ group, plural }: Resource, namespace: string, name: string) => `${group}/${plural}/${namespace}/${name}`;
const keyOf = (resource: Resource, entry: JsonObject) => key(resource, namespaceOf(entry), nameOf(entry));
