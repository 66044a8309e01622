import { type ApiPath, path } from '../lib/api-path.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';

/** What charts for a web application have in a namespace, by the group of the API: others have kinds of the same names. */
const BY_GROUP: Readonly<Record<string, string>> = {
  '': 'ConfigMap PersistentVolumeClaim Pod Secret Service ServiceAccount',
  apps: 'Deployment StatefulSet',
  autoscaling: 'HorizontalPodAutoscaler',
  batch: 'CronJob Job',
  'gateway.networking.k8s.io': 'Gateway GRPCRoute HTTPRoute TLSRoute',
  'monitoring.coreos.com': 'PodMonitor ServiceMonitor',
  'networking.k8s.io': 'Ingress NetworkPolicy',
  policy: 'PodDisruptionBudget',
  'rbac.authorization.k8s.io': 'Role RoleBinding',
};

/** Kinds that live in a namespace, whatever the group of their API. */
export const NAMESPACED = new Set(Object.values(BY_GROUP).flatMap((kinds) => kinds.split(' ')));

/** Whether this very kind is known to live in a namespace. */
export const isNamespacedIn = (group: string, kind: string): boolean =>
  Object.hasOwn(BY_GROUP, group) && BY_GROUP[group]?.split(' ').includes(kind) === true;

/** Where an API server has this version of an API; the core API has no group. */
export const apiPath = (group: string, version: string): ApiPath =>
  group === '' ? path`/api/${version}` : path`/apis/${group}/${version}`;

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
  const [version = '', group] = (stringAt(object, 'apiVersion') ?? '').split('/').reverse();
  if (!/^v\d\w*$/.test(version) || !/^[a-z][a-z\d.-]*$/.test(group ?? 'core')) return undefined;
  const api = apiPath(group ?? '', version);
  const home = isNamespaced ? path`${api}/namespaces/${stringAt(object, 'metadata', 'namespace') ?? namespace}` : api;
  return path`${home}/${pluralOf(kind)}`;
}

/** As Kubernetes forms it. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('s')) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
