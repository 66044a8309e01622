import { createHash } from 'node:crypto';
import { path } from '../lib/api-path.ts';
import { type JsonRecord, stringAt } from '../lib/json.ts';
import { type Arm, armRefusal, type ResourceRequest } from './arm.ts';
import { type ResourceId, resourceIdIn, resourcePath, subscriptionOf } from './resource-id.ts';

/** Who has a role. */
export interface Principal {
  readonly objectId: string;
  readonly type: 'ServicePrincipal' | 'User' | 'Group';
}

/** A role that a principal has on a resource. */
export interface RoleAssignment {
  /** A UUID, unique in its scope. */
  readonly name: string;
  readonly scope: ResourceId;
  /** In lower case, as people read it. */
  readonly principalType: string;
  readonly principalId: string;
  /** The GUID of the role definition. */
  readonly roleId: string;
  readonly description: string;
}

/** A role to assign; the description says who assigned it. */
export interface WantedAssignment {
  readonly scope: ResourceId;
  readonly roleId: string;
  readonly principal: Principal;
  readonly description: string;
}

/** The assignments on the resource itself and below it, not those from above. Empty for one that does not exist. */
export async function observeRoleAssignments(arm: Arm, scope: ResourceId): Promise<readonly RoleAssignment[]> {
  const all = await arm.list(request(scope, 'Reading', 'Reader'));
  return all.flatMap(parse).filter((entry) => `${entry.scope}/`.toLowerCase().startsWith(`${scope}/`.toLowerCase()));
}

/** Idempotent: the assignment's name is derived from its content. */
export async function assignRole(arm: Arm, { scope, roleId, principal, description }: WantedAssignment): Promise<void> {
  const name = nameOf(scope.toLowerCase(), roleId, principal.objectId);
  const target = request(scope, 'Creating', 'Role Based Access Control Administrator');
  try {
    await arm.send(
      'PUT',
      { ...target, path: path`${target.path}/${name}` },
      {
        properties: {
          roleDefinitionId: `${subscriptionOf(scope)}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`,
          principalId: principal.objectId,
          principalType: principal.type,
          description,
        },
      },
    );
  } catch (error) {
    // Somebody else created the same one under another name.
    if (armRefusal(error)?.code !== 'RoleAssignmentExists') throw error;
  }
}

export async function removeRoleAssignment(arm: Arm, scope: ResourceId, { name }: RoleAssignment): Promise<void> {
  const target = request(scope, 'Removing', 'Role Based Access Control Administrator');
  await arm.remove({ ...target, path: path`${target.path}/${name}` });
}

function request(scope: ResourceId, doing: string, role: string): ResourceRequest {
  const name = scope.split('/').at(-1);
  return {
    provider: 'Microsoft.Authorization',
    path: path`${resourcePath(scope)}/providers/Microsoft.Authorization/roleAssignments`,
    doing: `${doing} role assignments on ${name}`,
    scope,
    role,
  };
}

/** Nothing for one on a management group or on everything, which is above every resource. */
function parse(entry: JsonRecord): RoleAssignment[] {
  const scope = resourceIdIn(stringAt(entry, 'properties', 'scope'));
  if (scope === undefined) return [];
  const assignment = {
    name: stringAt(entry, 'name') ?? '',
    scope,
    principalType: (stringAt(entry, 'properties', 'principalType') ?? 'principal').toLowerCase(),
    principalId: stringAt(entry, 'properties', 'principalId') ?? '',
    roleId: stringAt(entry, 'properties', 'roleDefinitionId')?.split('/').at(-1)?.toLowerCase() ?? '',
    description: stringAt(entry, 'properties', 'description') ?? '',
  };
  return [assignment];
}

/** A GUID derived from the assignment's content (RFC 9562, version 8), so that every run uses the same name. */
function nameOf(...parts: readonly string[]): string {
  const hash = createHash('sha256').update(parts.join('\n')).digest('hex');
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    variant + hash.slice(17, 20),
    hash.slice(20, 32),
  ].join('-');
}
