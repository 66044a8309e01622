import type { JsonObject } from '../lib/json.ts';
import { resourceOf } from './resources.ts';
import type { Store } from './store.ts';

const core = ['configmaps', 'events', 'persistentvolumeclaims', 'pods', 'pods/log', 'services', 'serviceaccounts'];
const workloads = ['deployments', 'replicasets'];
const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', 'deletecollection', 'patch', 'update'];

/** The user-facing ClusterRoles of every cluster, limited to the resources served here.
 * https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles */
const viewing: readonly JsonObject[] = [
  { apiGroups: [''], resources: [...core, 'namespaces'], verbs: read },
  { apiGroups: ['apps'], resources: workloads, verbs: read },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: read },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
];
const editing: readonly JsonObject[] = [
  ...viewing,
  { apiGroups: [''], resources: [...core, 'secrets', 'pods/proxy', 'services/proxy'], verbs: [...read, ...write] },
  { apiGroups: ['apps'], resources: [...workloads, 'deployments/scale'], verbs: write },
  { apiGroups: ['networking.k8s.io'], resources: ['ingresses'], verbs: write },
  { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
];
const administering: readonly JsonObject[] = [
  ...editing,
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles', 'rolebindings'], verbs: [...read, ...write] },
];

const ROLES: Readonly<Record<string, readonly JsonObject[]>> = {
  'cluster-admin': [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  admin: administering,
  edit: editing,
  view: viewing,
};

/** Creates what a new cluster contains. */
export function seedDefaults(store: Store): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    const spec = { finalizers: ['kubernetes'] };
    store.create(resourceOf('Namespace'), {
      metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
      spec,
      status: { phase: 'Active' },
    });
  }
  for (const [name, rules] of Object.entries(ROLES))
    store.create(resourceOf('ClusterRole'), { metadata: { name }, rules: [...rules] });
  store.create(resourceOf('ClusterRoleBinding'), {
    metadata: { name: 'cluster-admin' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:masters' }],
  });
  store.create(resourceOf('Node'), {
    metadata: {
      name: 'aks-nodepool1-00000000-vmss000000',
      labels: { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' },
    },
    spec: {},
    status: { allocatable: { cpu: '2', memory: '6Gi' }, conditions: [{ type: 'Ready', status: 'True' }] },
  });
}
