import { type ApiPath, path } from '../lib/api-path.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';

/** Kinds that live in a namespace, by what charts for a web application have. */
export const NAMESPACED = new Set(
  `ConfigMap CronJob Deployment Gateway GRPCRoute HorizontalPodAutoscaler HTTPRoute Ingress Job NetworkPolicy
  PersistentVolumeClaim Pod PodDisruptionBudget PodMonitor Role RoleBinding Secret Service ServiceAccount ServiceMonitor
  StatefulSet TLSRoute`.split(/\s+/),
);

/** Kinds that belong to the whole cluster. */
const OF_THE_CLUSTER = new Set(['Namespace', 'ClusterRole', 'ClusterRoleBinding']);

/**
 * Where the API server has the objects of the kind of this one.
 * @param namespace of an object that names none
 * @returns undefined for a kind that is not known
 */
export function collectionOf(object: JsonRecord, namespace: string): ApiPath | undefined {
  const kind = stringAt(object, 'kind') ?? '';
  const isNamespaced = NAMESPACED.has(kind);
  if (!isNamespaced && !OF_THE_CLUSTER.has(kind)) return undefined;
  const [version, group] = (stringAt(object, 'apiVersion') ?? '').split('/').reverse();
  if (!/^v\d\w*$/.test(version ?? '') || !/^[a-z][a-z\d.-]*$/.test(group ?? 'core')) return undefined;
  const api = group === undefined ? path`/api/${version ?? ''}` : path`/apis/${group}/${version ?? ''}`;
  const home = isNamespaced ? path`${api}/namespaces/${stringAt(object, 'metadata', 'namespace') ?? namespace}` : api;
  return path`${home}/${pluralOf(kind)}`;
}

/** As Kubernetes forms it. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('s')) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
