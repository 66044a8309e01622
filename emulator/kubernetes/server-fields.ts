import { type JsonObject, object, put, stringMap } from '../lib/json.ts';
import type { Resource } from './resources.ts';
import { nameOf } from './store.ts';

/** What the API server adds to a new object. */
export function withServerFields(resource: Resource, entry: JsonObject): JsonObject {
  if (resource.kind === 'Namespace')
    return {
      ...put(entry, ['metadata', 'labels'], {
        ...stringMap(entry, 'metadata', 'labels'),
        'kubernetes.io/metadata.name': nameOf(entry),
      }),
      spec: { finalizers: ['kubernetes'] },
      status: { phase: 'Active' },
    };
  if (resource.kind === 'Service')
    return put(entry, ['spec'], {
      type: 'ClusterIP',
      clusterIP: '10.0.24.8',
      sessionAffinity: 'None',
      ...object(entry, 'spec'),
    });
  if (resource.kind === 'Deployment')
    return put(entry, ['spec'], {
      replicas: 1,
      progressDeadlineSeconds: 600,
      revisionHistoryLimit: 10,
      ...object(entry, 'spec'),
    });
  return entry;
}
