import { stringAt, stringsAt } from '../lib/json.ts';
import { jwtClaims } from '../lib/jwt.ts';
import { type GraphPermission, graphPermissionMissing } from './graph-permission.ts';

/** The deploying identity, as its access token for Microsoft Graph describes it. */
export interface Caller {
  readonly objectId: string;
  /** Application permissions, from the claim `roles`. */
  readonly permissions: ReadonlySet<string>;
  /** Template ids of Entra roles, from the claim `wids`. */
  readonly directoryRoles: ReadonlySet<string>;
  /** A person, signed in with the az CLI: only a token on behalf of a person has delegated scopes. */
  readonly isPerson: boolean;
}

/** Permissions that include another one. https://learn.microsoft.com/graph/permissions-reference */
const BROADER: Readonly<Record<GraphPermission, readonly string[]>> = {
  'Application.ReadWrite.OwnedBy': ['Application.ReadWrite.All', 'Directory.ReadWrite.All'],
  'Application.ReadWrite.All': ['Directory.ReadWrite.All'],
  'DelegatedPermissionGrant.ReadWrite.All': ['Directory.ReadWrite.All'],
};

/** Application Administrator, Cloud Application Administrator and Global Administrator need none of these permissions.
 * https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference */
const ADMINISTRATORS = [
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3',
  '158c047a-c907-4556-b7ef-446551a6b5f7',
  '62e90394-69f5-4237-9190-012177145e10',
];

/** A value of `wids` in each app-only token that stands for no role. */
const NO_ROLE = '0997a1d0-0d1d-4acb-b408-d5ca73121e90';

/** Whether the token lists everything the identity may do: other Entra roles may permit more than the claims show. */
export function tokenListsAllPermissions({ permissions, directoryRoles }: Caller): boolean {
  return permissions.size > 0 && [...directoryRoles].every((role) => role === NO_ROLE || ADMINISTRATORS.includes(role));
}

export function callerOf(accessToken: string): Caller {
  const claims = jwtClaims(accessToken);
  return {
    objectId: (stringAt(claims, 'oid') ?? '').toLowerCase(),
    permissions: new Set(stringsAt(claims, 'roles')),
    directoryRoles: new Set(stringsAt(claims, 'wids')),
    isPerson: stringAt(claims, 'scp') !== undefined,
  };
}

export function holds(caller: Caller, permission: GraphPermission): boolean {
  return (
    [permission, ...BROADER[permission]].some((name) => caller.permissions.has(name)) ||
    ADMINISTRATORS.some((role) => caller.directoryRoles.has(role))
  );
}

/** @throws ActionError graph-permission-missing */
export function requireGraphPermission(caller: Caller, needs: GraphPermission, clientId: string, doing: string): void {
  if (holds(caller, needs)) return;
  const why = 'The access token of the deploying identity lacks the permission';
  throw graphPermissionMissing(clientId, needs, { what: `${doing} is not permitted`, why });
}
