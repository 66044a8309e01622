import type { JsonObject } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, methodNotAllowed } from '../request/errors.ts';
import { type BuiltInRole, builtInRoles } from '../state/roles.ts';

/** https://learn.microsoft.com/rest/api/authorization/role-definitions */
export function answerRoleDefinition(call: Call): Answer {
  const { request, path, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Authorization/roleDefinitions/read');
  const all = Object.entries(builtInRoles);
  if (path['name'] !== undefined) {
    const found = all.find(([, role]) => role.id === path['name']?.toLowerCase());
    if (found) return { status: 200, body: model(...found, scope) };
    throw new ArmError(
      404,
      'RoleDefinitionDoesNotExist',
      `The specified role definition with ID '${path['name']}' does not exist.`,
    );
  }
  const wanted = nameIn(request.url.searchParams.get('$filter'));
  const value = all.filter(([name]) => wanted === undefined || name.toLowerCase() === wanted.toLowerCase());
  return { status: 200, body: { value: value.map(([name, role]) => model(name, role, scope)) } };
}

export function roleDefinitionId(role: BuiltInRole, scope: string): string {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`;
}

function nameIn(filter: string | null): string | undefined {
  if (filter === null || filter === '' || filter === 'atScopeAndBelow()') return undefined;
  const name = /^roleName eq '((?:[^']|'')*)'$/i.exec(filter)?.[1];
  if (name === undefined) throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  return name.replaceAll("''", "'");
}

function model(roleName: string, role: BuiltInRole, scope: string): JsonObject {
  const { actions, notActions = [], dataActions } = role;
  return {
    id: roleDefinitionId(role, scope),
    name: role.id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName,
      type: 'BuiltInRole',
      description: roleName,
      assignableScopes: ['/'],
      permissions: [{ actions, notActions, dataActions, notDataActions: [] }],
    },
  };
}
