import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { LABELS, MANAGED_BY } from './labels.ts';

/** A Kubernetes ClusterRole, and the Entra groups whose members get it when they sign in. */
export interface AccessRule {
  readonly clusterRole: string;
  readonly groupObjectIds: readonly string[];
}

/** A ClusterRoleBinding of this action: one for each role of the `access` input. */
export interface RoleBinding {
  readonly name: string;
  readonly clusterRole: string;
  readonly groupObjectIds: readonly string[];
}

export interface RoleBindingChange extends ChangeLine {
  readonly resource: 'access';
  readonly binding: RoleBinding;
}

const PATH = path`/apis/rbac.authorization.k8s.io/v1/clusterrolebindings`;

/** The bindings that this action created for this release; others are ignored. */
export async function observeRoleBindings(
  kubernetes: Kubernetes,
  release: ReleaseName,
): Promise<readonly RoleBinding[]> {
  const bindings = await kubernetes.list(PATH, `app.kubernetes.io/managed-by=${MANAGED_BY}`);
  return bindings.map(parse).filter((binding) => binding.name.startsWith(prefix(release)));
}

export function planRoleBindings(
  rules: readonly AccessRule[],
  release: ReleaseName,
  observed: readonly RoleBinding[],
): RoleBindingChange[] {
  const wanted = rules.map((rule): RoleBinding => ({ ...rule, name: `${prefix(release)}${rule.clusterRole}` }));
  const present = new Map(observed.map((binding) => [binding.name, binding]));
  const changes = wanted.flatMap((binding): RoleBindingChange[] => {
    const before = present.get(binding.name);
    if (before && sameGroups(before, binding)) return [];
    const detail = `${binding.clusterRole} for ${binding.groupObjectIds.length} group${binding.groupObjectIds.length === 1 ? '' : 's'}`;
    return [{ resource: 'access', action: before ? 'update' : 'create', detail, binding }];
  });
  const kept = new Set(wanted.map((binding) => binding.name));
  const dropped = observed.filter((binding) => !kept.has(binding.name));
  return [
    ...changes,
    ...dropped.map(
      (binding): RoleBindingChange => ({ resource: 'access', action: 'delete', detail: binding.clusterRole, binding }),
    ),
  ];
}

export async function applyRoleBinding(kubernetes: Kubernetes, { action, binding }: RoleBindingChange): Promise<void> {
  const own = path`${PATH}/${binding.name}`;
  if (action === 'delete') return kubernetes.remove(own);
  const object = manifest(binding);
  if (action === 'create' && (await kubernetes.create(PATH, object)) === 'created') return;
  await kubernetes.merge(own, { subjects: object['subjects'] });
}

/** Kubernetes knows a group by its object id, from the groups claim of the person's token. */
function manifest(binding: RoleBinding): JsonRecord {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: binding.name, labels: LABELS },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: binding.clusterRole },
    subjects: binding.groupObjectIds.map((name) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name })),
  };
}

/** Colons are allowed in names of RBAC objects and cannot occur in the name of a namespace or release. */
const prefix = (release: ReleaseName) => `${MANAGED_BY}:${release.namespace}:${release.name}:`;

function sameGroups(before: RoleBinding, after: RoleBinding): boolean {
  return [...before.groupObjectIds].sort().join() === [...after.groupObjectIds].sort().join();
}

function parse(object: JsonRecord): RoleBinding {
  return {
    name: stringAt(object, 'metadata', 'name') ?? '',
    clusterRole: stringAt(object, 'roleRef', 'name') ?? '',
    groupObjectIds: listAt(object, 'subjects').map((subject) => stringAt(subject, 'name') ?? ''),
  };
}
