import { builtInRoles, covers } from './roles.ts';

export interface RoleAssignment {
  readonly principalId: string;
  readonly role: string;
  /** The resource, group or subscription it holds for, and everything below. */
  readonly scope: string;
}

/** Who may do what on which resource. */
export interface Assignments {
  assign(principalId: string, role: string, scope: string): void;
  /** Takes a role away again, wherever the principal holds it. */
  revoke(principalId: string, role: string): void;
  /** Role names that hold for a resource. */
  rolesOf(principalId: string, resourceId: string): readonly string[];
  allows(principalId: string, action: string, resourceId: string): boolean;
  allowsData(principalId: string, dataAction: string, resourceId: string): boolean;
}

export function createAssignments(): Assignments {
  let assignments: RoleAssignment[] = [];
  const rolesOf = (principalId: string, resourceId: string) =>
    assignments
      .filter((entry) => entry.principalId === principalId && isWithin(resourceId, entry.scope))
      .map((entry) => entry.role);
  return {
    assign: (principalId, role, scope) => {
      if (!(role in builtInRoles)) throw new Error(`The box has no role "${role}".`);
      assignments.push({ principalId, role, scope });
    },
    revoke: (principalId, role) => {
      assignments = assignments.filter((entry) => entry.principalId !== principalId || entry.role !== role);
    },
    rolesOf,
    allows: (principalId, action, resourceId) =>
      rolesOf(principalId, resourceId).some((role) =>
        builtInRoles[role]?.actions.some((pattern) => covers(pattern, action)),
      ),
    allowsData: (principalId, dataAction, resourceId) =>
      rolesOf(principalId, resourceId).some((role) =>
        builtInRoles[role]?.dataActions.some((pattern) => covers(pattern, dataAction)),
      ),
  };
}

function isWithin(resourceId: string, scope: string): boolean {
  const [resource, outer] = [resourceId.toLowerCase(), scope.toLowerCase()];
  return resource === outer || resource.startsWith(`${outer}/`);
}
