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
  /** The subscription, resource group or resource it applies to, with everything below. */
  readonly scope: string;
  readonly description: string | null;
  /** Milliseconds of the emulated clock. */
  readonly createdAt: number;
  /** When it takes effect, in milliseconds of the emulated clock. */
  readonly effectiveAt: number;
}

/** The role assignments of the tenant. */
export interface Assignments {
  readonly all: Map<string, RoleAssignment>;
  /** Assigns a role, effective at once. */
  assign(principalId: string, role: string, scope: string): void;
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
