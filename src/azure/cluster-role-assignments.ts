import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { type AccessRule, type Holder, inNamespace } from './access-rule.ts';
import { type Arm, armRefusal, permitted } from './arm.ts';
import { type ResourceId, resourceId, resourcePath, subscriptionOf } from './resource-id.ts';
import { assignRole, observeRoleAssignments, type RoleAssignment, removeRoleAssignment } from './role-assignment.ts';

/** The role assignments on the cluster, and the ids of the roles in the `access` input. */
export interface ClusterRoleAssignments {
  /** The cluster's resource ID. */
  readonly cluster: ResourceId;
  /** Role definition ids by role name; without the roles that Azure does not have. */
  readonly roleIds: ReadonlyMap<string, string>;
  readonly assignments: readonly RoleAssignment[];
}

export type RoleAssignmentChange = ChangeLine & { readonly resource: 'role assignment' } & (
    | {
        readonly action: 'create';
        readonly role: string;
        readonly roleId: string;
        readonly namespace: string | undefined;
        readonly holder: Holder;
      }
    | { readonly action: 'delete'; readonly assignment: RoleAssignment }
  );

/** The start of an assignment's description: this action created it, for this release. */
const noteOf = ({ namespace, name }: ReleaseName) => `headlamp-aks-entra ${namespace}/${name}: `;

/**
 * @param scope the cluster's resource ID; the cluster may not exist yet
 * @param expected whether `access` has Azure roles: then the identity has to be allowed to read assignments
 * @returns undefined if it is not, and need not be
 */
export async function observeClusterRoleAssignments(
  arm: Arm,
  scope: ResourceId,
  rules: readonly AccessRule[],
  expected = rules.length > 0,
): Promise<ClusterRoleAssignments | undefined> {
  const read = async () => {
    const [assignments, ...roles] = await Promise.all([
      observeRoleAssignments(arm, scope),
      ...rules.map(({ role }) => findRole(arm, scope, role)),
    ]);
    return { cluster: scope, roleIds: new Map(roles.flat()), assignments };
  };
  return expected ? read() : permitted(read);
}

/** What stays if the assignments may not be read. */
export const unseenRoleAssignments = (cluster: string) =>
  `role assignments on cluster ${cluster}, in case access had Azure roles before: the deploying identity may not read them`;

/**
 * Creates the missing assignments. Deletes those that this action created for the release and that no rule wants any
 * more.
 * @throws ActionError azure-role-not-found
 */
export function planClusterRoleAssignments(
  rules: readonly AccessRule[],
  release: ReleaseName,
  { cluster, roleIds, assignments }: ClusterRoleAssignments,
): RoleAssignmentChange[] {
  const wanted = rules.flatMap(({ role, namespace, holders }) => {
    const roleId = roleIds.get(role) ?? missingRole(role);
    const scope = scopeOf(cluster, namespace);
    return holders.map((holder) => ({ role, namespace, roleId, scope, holder }));
  });
  const keyOf = (roleId: string, principalId: string, scope: string) =>
    `${roleId} ${principalId} ${scope}`.toLowerCase();
  const present = new Set(assignments.map(({ roleId, principalId, scope }) => keyOf(roleId, principalId, scope)));
  const asked = new Set(wanted.map(({ roleId, holder, scope }) => keyOf(roleId, holder.objectId, scope)));
  const missing = wanted.filter(({ roleId, holder, scope }) => !present.has(keyOf(roleId, holder.objectId, scope)));
  const dropped = assignments.filter(
    ({ roleId, principalId, scope, description }) =>
      description.startsWith(noteOf(release)) && !asked.has(keyOf(roleId, principalId, scope)),
  );
  const create = missing.map(({ scope: _, ...grant }): RoleAssignmentChange => {
    const detail = `${grant.role} for ${grant.holder.type.toLowerCase()} ${grant.holder.objectId}${inNamespace(grant.namespace)}`;
    return { resource: 'role assignment', action: 'create', detail, ...grant };
  });
  const remove = dropped.map((assignment): RoleAssignmentChange => {
    const role = assignment.description.slice(noteOf(release).length);
    const namespace = assignment.scope.slice(cluster.length).split('/')[2];
    const detail = `${role} of ${assignment.principalType} ${assignment.principalId}${inNamespace(namespace)}`;
    return { resource: 'role assignment', action: 'delete', detail, assignment };
  });
  return [...create, ...remove];
}

/** https://learn.microsoft.com/azure/aks/manage-azure-rbac#create-role-assignments-for-users-to-access-the-cluster */
const scopeOf = (cluster: ResourceId, namespace: string | undefined) =>
  namespace === undefined ? cluster : resourceId`${cluster}/namespaces/${namespace}`;

export async function applyClusterRoleAssignment(
  arm: Arm,
  cluster: ResourceId,
  release: ReleaseName,
  change: RoleAssignmentChange,
): Promise<void> {
  if (change.action === 'delete') return removeRoleAssignment(arm, change.assignment.scope, change.assignment);
  const { role, roleId, namespace, holder } = change;
  const scope = scopeOf(cluster, namespace);
  await assignRole(arm, { scope, roleId, principal: holder, description: `${noteOf(release)}${role}` });
}

/** @returns the role's name and id, or an empty list if there is no such role */
async function findRole(arm: Arm, scope: ResourceId, role: string): Promise<readonly (readonly [string, string])[]> {
  const definitionsAt = (place: ResourceId) =>
    arm.find({
      provider: 'Microsoft.Authorization',
      path: path`${resourcePath(place)}/providers/Microsoft.Authorization/roleDefinitions`,
      filter: `roleName eq '${role.replaceAll("'", "''")}'`,
      doing: `Looking up the Azure role ${role}`,
      scope: place,
      role: 'Reader',
    });
  const page = await atOrElse(definitionsAt, scope, subscriptionOf(scope));
  const id = stringAt(listAt(page, 'value')[0], 'name');
  return id === undefined ? [] : [[role, id.toLowerCase()]];
}

/** A cluster that does not exist yet is no valid scope: Azure answers 404, or 403 as if it may not be read. */
async function atOrElse(
  ask: (scope: ResourceId) => Promise<JsonRecord | undefined>,
  scope: ResourceId,
  broader: ResourceId,
): Promise<JsonRecord | undefined> {
  try {
    return (await ask(scope)) ?? (await ask(broader));
  } catch (error) {
    if (armRefusal(error)?.status !== 403) throw error;
    return ask(broader).catch(() => {
      throw error;
    });
  }
}

function missingRole(role: string): never {
  throw new ActionError({
    id: 'azure-role-not-found',
    what: `There is no Azure role "${role}"`,
    why: 'Azure has no role definition with this name at the cluster',
    fix: fix`correct access; to list the roles for AKS: az role definition list --query "[?contains(roleName, 'Kubernetes')].roleName"`,
  });
}
