import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { permits, permitsData, type Roles } from './roles.ts';

export type PrincipalType = 'User' | 'Group' | 'ServicePrincipal';

export interface RoleAssignment {
  /** A GUID, unique in the tenant. */
  readonly name: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  /** The role's name. */
  readonly role: string;
  /** The subscription, resource group or resource it applies to, with everything below. */
  readonly scope: string;
  readonly description: string | null;
  /** Limits what the principal may do with the role's actions. */
  readonly condition?: string;
  /** Milliseconds of the emulated clock. */
  readonly createdAt: number;
  /** When it takes effect, in milliseconds of the emulated clock. */
  readonly effectiveAt: number;
}

/** The role assignments of the tenant. */
export interface Assignments {
  readonly all: Map<string, RoleAssignment>;
  /** Assigns a role, effective at once. */
  assign(principalId: string, role: string, scope: string, condition?: string): void;
  /** Removes a role from the principal, at all scopes. */
  revoke(principalId: string, role: string): void;
  /** Removes the assignments at a deleted resource. */
  removeWithin(scope: string): void;
  /** Names of the roles that the principal has on a resource, directly or through its groups. */
  rolesOf(principalId: string, resourceId: string): readonly string[];
  allows(principalId: string, action: string, resourceId: string): boolean;
  allowsData(principalId: string, dataAction: string, resourceId: string): boolean;
}

/** @param groupsOf object ids of the groups that a principal is a member of */
export function createAssignments(
  clock: Clock,
  groupsOf: (principalId: string) => readonly string[],
  roles: Roles,
): Assignments {
  const all = new Map<string, RoleAssignment>();
  const remove = (matches: (assignment: RoleAssignment) => boolean) => {
    for (const [name, assignment] of all) if (matches(assignment)) all.delete(name);
  };
  const rolesOf = (principalId: string, resourceId: string) => {
    const holders = [principalId, ...groupsOf(principalId)];
    return [...all.values()]
      .filter((entry) => holders.includes(entry.principalId) && isWithin(resourceId, entry.scope))
      .filter((entry) => clock.now() >= entry.effectiveAt)
      .map((entry) => entry.role);
  };
  return {
    all,
    assign: (principalId, role, scope, condition) => {
      roles.named(role);
      const name = randomUUID();
      const times = { createdAt: clock.now(), effectiveAt: clock.now() };
      const limits = condition === undefined ? {} : { condition };
      const assignment = { name, principalId, role, scope, description: null, ...limits, ...times };
      all.set(name, { principalType: 'ServicePrincipal', ...assignment });
    },
    revoke: (principalId, role) => remove((entry) => entry.principalId === principalId && entry.role === role),
    removeWithin: (scope) => remove((entry) => isWithin(entry.scope, scope)),
    rolesOf,
    allows: (principalId, action, resourceId) =>
      rolesOf(principalId, resourceId).some((role) => permits(roles.named(role), action)),
    allowsData: (principalId, dataAction, resourceId) =>
      rolesOf(principalId, resourceId).some((role) => permitsData(roles.named(role), dataAction)),
  };
}

export function isWithin(resourceId: string, scope: string): boolean {
  const [resource, outer] = [resourceId.toLowerCase(), scope.toLowerCase().replace(/\/$/, '')];
  return resource === outer || resource.startsWith(`${outer}/`);
}
