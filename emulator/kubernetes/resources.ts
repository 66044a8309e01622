export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch';

/** A resource type that the API server serves. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly verbs: readonly Verb[];
  /** Subresources with their kinds and verbs. */
  readonly subresources: Readonly<Record<string, { readonly kind: string; readonly verbs: readonly string[] }>>;
  readonly categories: readonly string[];
}

const all: readonly Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const statusVerbs = ['get', 'patch', 'update'];
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];

interface Options {
  readonly short?: readonly string[];
  readonly cluster?: boolean;
  readonly status?: boolean;
  readonly verbs?: readonly Verb[];
  readonly more?: Resource['subresources'];
  readonly plural?: string;
  readonly categories?: readonly string[];
}

function resource(groupVersion: string, kind: string, options: Options = {}): Resource {
  const [version = '', group = ''] = groupVersion.split('/').reverse();
  const status = options.status ? { status: { kind, verbs: statusVerbs } } : {};
  return {
    group,
    version,
    kind,
    plural: options.plural ?? `${kind.toLowerCase()}s`,
    namespaced: options.cluster !== true,
    shortNames: options.short ?? [],
    verbs: options.verbs ?? all,
    subresources: { ...status, ...options.more },
    categories: options.categories ?? [],
  };
}

const rbac = 'rbac.authorization.k8s.io/v1';
const scale = { scale: { kind: 'Scale', verbs: statusVerbs } };
const everywhere = { status: true, categories: ['all'] };

export const resources: readonly Resource[] = [
  resource('v1', 'ConfigMap', { short: ['cm'] }),
  resource('v1', 'Event', { short: ['ev'] }),
  resource('v1', 'Namespace', {
    short: ['ns'],
    cluster: true,
    status: true,
    verbs: all.filter((verb) => verb !== 'deletecollection'),
  }),
  resource('v1', 'Node', { short: ['no'], cluster: true, status: true }),
  resource('v1', 'PersistentVolumeClaim', { short: ['pvc'], status: true }),
  resource('v1', 'Pod', {
    ...everywhere,
    short: ['po'],
    more: { log: { kind: 'Pod', verbs: ['get'] }, proxy: { kind: 'PodProxyOptions', verbs: proxyVerbs } },
  }),
  resource('v1', 'Secret'),
  resource('v1', 'Service', {
    ...everywhere,
    short: ['svc'],
    more: { proxy: { kind: 'ServiceProxyOptions', verbs: proxyVerbs } },
  }),
  resource('v1', 'ServiceAccount', { short: ['sa'] }),
  resource('apps/v1', 'Deployment', { ...everywhere, short: ['deploy'], more: scale }),
  resource('apps/v1', 'ReplicaSet', { ...everywhere, short: ['rs'] }),
  resource('networking.k8s.io/v1', 'Ingress', { short: ['ing'], status: true, plural: 'ingresses' }),
  resource('gateway.networking.k8s.io/v1', 'HTTPRoute', { status: true }),
  resource('gateway.networking.k8s.io/v1alpha2', 'TCPRoute', { status: true }),
  resource('policy/v1', 'PodDisruptionBudget', { short: ['pdb'], status: true }),
  resource(rbac, 'ClusterRole', { cluster: true }),
  resource(rbac, 'ClusterRoleBinding', { cluster: true }),
  resource(rbac, 'Role'),
  resource(rbac, 'RoleBinding'),
  resource('authentication.k8s.io/v1', 'SelfSubjectReview', { cluster: true, verbs: ['create'] }),
  resource('authorization.k8s.io/v1', 'SelfSubjectAccessReview', { cluster: true, verbs: ['create'] }),
  resource('authorization.k8s.io/v1', 'SelfSubjectRulesReview', { cluster: true, verbs: ['create'] }),
];

const byKind = new Map(resources.map((entry) => [entry.kind, entry]));

/** The resource of a kind; no two groups serve the same kind. */
export function resourceOf(kind: string): Resource {
  const found = byKind.get(kind);
  if (found === undefined) throw new Error(`The cluster serves no kind ${kind}.`);
  return found;
}

export function groupVersionOf({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}
