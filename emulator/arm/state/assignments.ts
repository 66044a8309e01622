import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.ts';
import { covers, permits, roleNamed } from './roles.ts';

export type PrincipalType = 'User' | 'Group' | 'ServicePrincipal';

export interface RoleAssignment {
  /** A GUID, unique in the tenant. */
  readonly name: string;
  readonly principalId: string;
  readonly principalType: PrincipalType;
  /** The role's name. */
  readonly role: string;
  /** The resource, group or subscription it holds for, and everything below. */
  readonly scope: string;
  readonly description: string | null;
  /** Milliseconds of the emulated clock. */
  readonly createdAt: number;
  /** From then on the services know of it. */
  readonly effectiveAt: number;
}

/** Who may do what on which resource. */
export interface Assignments {
  readonly all: Map<string, RoleAssignment>;
  /** Gives a role, effective at once. */
  assign(principalId: string, role: string, scope: string): void;
  /** Takes a role away again, wherever the principal holds it. */
  revoke(principalId: string, role: string): void;
  /** Takes away what holds for a resource that is deleted. */
  removeWithin(scope: string): void;
  /** Role names that hold for a resource, by the principal itself or by its groups. */
  rolesOf(principalId: string, resourceId: string): readonly string[];
  allows(principalId: string, action: string, resourceId: string): boolean;
  allowsData(principalId: string, dataAction: string, resourceId: string): boolean;
}

/** @param groupsOf object ids of the groups that a principal is in */
export function createAssignments(clock: Clock, groupsOf: (principalId: string) => readonly string[]): Assignments {
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
    assign: (principalId, role, scope) => {
      roleNamed(role);
      const name = randomUUID();
      const times = { createdAt: clock.now(), effectiveAt: clock.now() };
      all.set(name, { name, principalId, principalType: 'ServicePrincipal', role, scope, description: null, ...times });
    },
    revoke: (principalId, role) => remove((entry) => entry.principalId === principalId && entry.role === role),
    removeWithin: (scope) => remove((entry) => isWithin(entry.scope, scope)),
    rolesOf,
    allows: (principalId, action, resourceId) =>
      rolesOf(principalId, resourceId).some((role) => permits(roleNamed(role), action)),
    allowsData: (principalId, dataAction, resourceId) =>
      rolesOf(principalId, resourceId).some((role) =>
        roleNamed(role).dataActions.some((pattern) => covers(pattern, dataAction)),
      ),
  };
}

export function isWithin(resourceId: string, scope: string): boolean {
  const [resource, outer] = [resourceId.toLowerCase(), scope.toLowerCase().replace(/\/$/, '')];
  return resource === outer || resource.startsWith(`${outer}/`);
}
