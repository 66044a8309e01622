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

/** Kinds that belong to the whole cluster. */
const OF_THE_CLUSTER: Readonly<Record<string, string>> = {
  '': 'Namespace',
  'rbac.authorization.k8s.io': 'ClusterRole ClusterRoleBinding',
};

const isIn = (kinds: Readonly<Record<string, string>>, group: string, kind: string): boolean =>
  Object.hasOwn(kinds, group) && kinds[group]?.split(' ').includes(kind) === true;

/** Group and version of an object's API; the version is empty if there is none. */
export function apiOf(object: unknown): { readonly group: string; readonly version: string } {
  const [, group = '', version = ''] = /^(?:([^/]+)\/)?([^/]+)$/.exec(stringAt(object, 'apiVersion') ?? '') ?? [];
  return { group, version };
}

/** Whether the object is of this very kind. */
export const isOfKind = (object: unknown, group: string, kind: string): boolean =>
  stringAt(object, 'kind') === kind && apiOf(object).group === group;

/** Whether this very kind is known to live in a namespace. */
export const isNamespaced = (object: unknown): boolean =>
  isIn(BY_GROUP, apiOf(object).group, stringAt(object, 'kind') ?? '');

/** Where an API server has this version of an API; the core API has no group. */
export const apiPath = (group: string, version: string): ApiPath =>
  group === '' ? path`/api/${version}` : path`/apis/${group}/${version}`;

/** What Kubernetes calls the kind of this object in its rules; undefined for one that is not known. */
export function resourceOf(object: JsonRecord): { readonly group: string; readonly resource: string } | undefined {
  const kind = stringAt(object, 'kind') ?? '';
  const { group } = apiOf(object);
  const isKnown = isNamespaced(object) || isIn(OF_THE_CLUSTER, group, kind);
  return isKnown ? { group, resource: pluralOf(kind) } : undefined;
}

/**
 * Where the API server has the objects of the kind of this one.
 * @param namespace of an object that names none
 * @returns undefined for a kind that is not known
 */
export function collectionOf(object: JsonRecord, namespace: string): ApiPath | undefined {
  const { group, version } = apiOf(object);
  const found = resourceOf(object);
  if (found === undefined || !/^v\d\w*$/.test(version)) return undefined;
  const api = apiPath(group, version);
  const home = isNamespaced(object)
    ? path`${api}/namespaces/${stringAt(object, 'metadata', 'namespace') ?? namespace}`
    : api;
  return path`${home}/${found.resource}`;
}

/** As Kubernetes forms it. */
function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (name.endsWith('s')) return `${name}es`;
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`;
}
