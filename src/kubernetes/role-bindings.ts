import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { isOwn, LABELS, MANAGED_BY } from './labels.ts';

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
  /** Whether its role is the one in its name: that of another role was changed by somebody else. */
  readonly bindsWhatItNames: boolean;
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
  const wanted = rules.map(
    (rule): RoleBinding => ({
      ...rule,
      name: `${prefix(release)}${rule.clusterRole}`,
      bindsWhatItNames: true,
    }),
  );
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

/** @throws ActionError role-binding-not-ours */
export async function applyRoleBinding(kubernetes: Kubernetes, { action, binding }: RoleBindingChange): Promise<void> {
  const own = path`${PATH}/${binding.name}`;
  if (action === 'delete') return kubernetes.remove(own);
  const object = manifest(binding);
  if (action === 'create') {
    if ((await kubernetes.create(PATH, object)) === 'created') return;
    // Another run was faster, or it is of somebody else.
    const found = await kubernetes.find(own);
    if (found) assertRoleBindingsOurs([{ ...parse(found), ...(isOwn(found) ? {} : { bindsWhatItNames: false }) }]);
  }
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
    groupObjectIds: listAt(object, 'subjects').map(subjectOf),
    bindsWhatItNames: bindsWhatItNames(object),
  };
}

/** Groups by their object id; anybody else is nobody that this action would bind. */
function subjectOf(subject: unknown): string {
  const name = stringAt(subject, 'name') ?? '';
  return stringAt(subject, 'kind') === 'Group' ? name : `${stringAt(subject, 'kind')} ${name}`;
}

function bindsWhatItNames(object: JsonRecord): boolean {
  const role = stringAt(object, 'roleRef', 'name') ?? '';
  return (
    stringAt(object, 'roleRef', 'kind') === 'ClusterRole' &&
    (stringAt(object, 'metadata', 'name') ?? '').endsWith(`:${role}`)
  );
}

/** @throws ActionError role-binding-not-ours */
export function assertRoleBindingsOurs(observed: readonly RoleBinding[]): void {
  const changed = observed.find((binding) => !binding.bindsWhatItNames);
  if (!changed) return;
  throw new ActionError({
    id: 'role-binding-not-ours',
    what: `ClusterRoleBinding ${changed.name} binds ${changed.clusterRole}, and is not this action's`,
    why: 'It has the name of one of this action, and somebody else made it or set its role',
    fix: fix`look at it: kubectl get clusterrolebinding ${changed.name} --output yaml; delete it if nobody needs it, then run the job again.`,
  });
}
