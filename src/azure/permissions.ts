import { type JsonRecord, stringsAt } from '../lib/json.ts';
import { type Arm, armRefusal } from './arm.ts';
import { armPermissionMissing } from './arm-error.ts';

/** What the deploying identity may do at a scope, by its role assignments there and above. */
export interface Permissions {
  allows(action: string): boolean;
  allowsData(dataAction: string): boolean;
}

/** What a change takes, and where. */
export interface Permission {
  /** The object of the sentence "… is not allowed". */
  readonly doing: string;
  readonly action: string;
  /** The change's own scope, or what it is to be made in. */
  readonly scope: string;
  /** The built-in role that has the action and little else. */
  readonly role: string;
  /** Data actions that make the change needless where the identity holds all of them already. */
  readonly unlessData?: readonly string[];
}

/**
 * https://learn.microsoft.com/rest/api/authorization/permissions
 * @returns undefined where Azure does not tell, as to an identity that may not even ask
 *   (Microsoft.Authorization/permissions/read)
 */
export async function observePermissions(arm: Arm, scope: string): Promise<Permissions | undefined> {
  try {
    const roles = await arm.list({
      doing: 'Reading the roles of the deploying identity',
      provider: 'Microsoft.Authorization',
      path: `${scope}/providers/Microsoft.Authorization/permissions`,
      scope,
      role: 'Reader',
    });
    return roles.length === 0 ? undefined : permissionsOf(roles);
  } catch (error) {
    if (armRefusal(error)) return undefined;
    throw error;
  }
}

/** Each role's actions less its own notActions; what one role leaves out another may give. */
export function permissionsOf(roles: readonly JsonRecord[]): Permissions {
  const covered = (action: string, given: string, taken: string) =>
    roles.some((role) => {
      const matches = (pattern: string) => covers(pattern, action);
      return stringsAt(role, given).some(matches) && !stringsAt(role, taken).some(matches);
    });
  return {
    allows: (action) => covered(action, 'actions', 'notActions'),
    allowsData: (action) => covered(action, 'dataActions', 'notDataActions'),
  };
}

/** @throws ActionError arm-permission-missing */
export function requirePermission(permissions: Permissions, permission: Permission, clientId: string): void {
  const { action, unlessData } = permission;
  if (permissions.allows(action) || unlessData?.every((needed) => permissions.allowsData(needed))) return;
  throw armPermissionMissing(
    { ...permission, clientId },
    `The deploying identity has no role that allows ${action} at this scope`,
  );
}

/** An asterisk stands for any text, slashes too; case does not count. */
function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'i').test(action);
}
