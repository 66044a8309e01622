import { path } from '../lib/api-path.ts';
import { type JsonRecord, stringsAt } from '../lib/json.ts';
import { settleAll } from '../lib/polling.ts';
import { type Arm, ifVisible } from './arm.ts';
import { armPermissionMissing, linkedPermissionMissing } from './arm-error.ts';
import { type ResourceId, resourcePath } from './resource-id.ts';

/** What the deploying identity may do at a scope, by its role assignments at the scope and above it. */
export interface Permissions {
  allows(action: string): boolean;
  allowsData(dataAction: string): boolean;
}

/** A permission that a change needs. */
export interface Permission {
  /** The start of the sentence "… is not allowed". */
  readonly doing: string;
  readonly action: string;
  /** The changed resource, or the scope that a new one is created in. */
  readonly scope: ResourceId;
  /** The smallest built-in role that allows the action. */
  readonly role: string;
  /** If the identity already has all of these data actions, the change is not needed. */
  readonly unlessData?: readonly string[];
  /** The scope is another resource, which the changed one uses. */
  readonly linked?: true;
  /** The change works without it; what is then at stake. */
  readonly without?: string;
}

/**
 * https://learn.microsoft.com/rest/api/authorization/permissions
 * @returns undefined if Azure does not tell, for example if the identity lacks
 *   Microsoft.Authorization/permissions/read
 */
export async function observePermissions(arm: Arm, scope: ResourceId): Promise<Permissions | undefined> {
  const roles = await ifVisible(() =>
    arm.list({
      doing: 'Reading the roles of the deploying identity',
      provider: 'Microsoft.Authorization',
      path: path`${resourcePath(scope)}/providers/Microsoft.Authorization/permissions`,
      scope,
      role: 'Reader',
    }),
  );
  return roles === undefined || roles.length === 0 ? undefined : permissionsOf(roles);
}

/** Each role's actions minus its own notActions. What one role excludes, another may allow. */
export function permissionsOf(roles: readonly JsonRecord[]): Permissions {
  const covered = (action: string, given: string, taken: string) =>
    roles.some((role) => {
      const matches = (pattern: string) => covers(pattern, action);
      return stringsAt(role, given).some(matches) && !stringsAt(role, taken).some(matches);
    });
  // Some answers leave data actions out. Then the write itself decides.
  const tellsData = roles.some((role) => Array.isArray(role['dataActions']));
  return {
    allows: (action) => covered(action, 'actions', 'notActions'),
    allowsData: (action) => !tellsData || covered(action, 'dataActions', 'notDataActions'),
  };
}

/** What is read at the scope of each permission, each scope once; undefined where nothing can be read. */
export async function atEachScope<Found>(
  permissions: readonly Permission[],
  read: (scope: ResourceId) => Promise<Found | undefined>,
): Promise<ReadonlyMap<ResourceId, Found | undefined>> {
  const scopes = [...new Set(permissions.map(({ scope }) => scope))];
  return new Map(await settleAll(scopes.map(async (scope) => [scope, await read(scope)] as const)));
}

/** @throws ActionError arm-permission-missing, linked-permission-missing */
export function requirePermission(permissions: Permissions, permission: Permission, clientId: string): void {
  const { action, unlessData } = permission;
  if (permissions.allows(action) || unlessData?.every((needed) => permissions.allowsData(needed))) return;
  if (permission.linked) throw linkedPermissionMissing({ ...permission, clientId }, action, permission.scope);
  throw armPermissionMissing(
    { ...permission, clientId },
    `The deploying identity has no role that allows ${action} at this scope`,
  );
}

/**
 * An asterisk matches any text, including slashes; case is ignored. Between two slashes it also matches nothing: that is
 * how Managed Identity Operator allows userAssignedIdentities/assign/action.
 */
function covers(pattern: string, action: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*').replaceAll('/.*/', '/(.*/)?')}$`, 'i').test(action);
}
