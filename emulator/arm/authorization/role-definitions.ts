import { type JsonObject, list, object, strings, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { isWithin } from '../state/assignments.ts';
import type { RoleDefinition } from '../state/role-definition.ts';
import { requireScope } from './scope.ts';

type Named = readonly [name: string, role: RoleDefinition];

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ACTION = /^(\*|[\w.*]+(\/[\w.*]+)+)$/;
const PROPERTIES = ['roleName', 'description', 'type', 'permissions', 'assignableScopes'];
const PERMISSIONS = ['actions', 'notActions', 'dataActions', 'notDataActions'];

/** https://learn.microsoft.com/rest/api/authorization/role-definitions */
export function answerRoleDefinition(call: Call): Answer {
  const { request, path, scope } = call;
  const name = path['name']?.toLowerCase();
  if (name !== undefined && request.method === 'PUT') return put(call, name);
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Authorization/roleDefinitions/read');
  const all = [...call.state.roles.all];
  if (name !== undefined) {
    const found = all.find(([, role]) => role.id === name);
    if (found) return { status: 200, body: model(found, scope) };
    throw unknown(name);
  }
  requireScope(call);
  const wanted = nameIn(request.url.searchParams.get('$filter'))?.toLowerCase();
  const value = all.filter(
    (entry) => isAssignableAt(entry[1], scope) && (wanted === undefined || entry[0].toLowerCase() === wanted),
  );
  return { status: 200, body: { value: value.map((entry) => model(entry, scope)) } };
}

export function roleDefinitionId(role: RoleDefinition, scope: string): string {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.id}`;
}

/** Built-in roles can be assigned everywhere, custom ones at and below their assignable scopes. */
export function isAssignableAt({ custom }: RoleDefinition, scope: string): boolean {
  return custom === undefined || custom.assignableScopes.some((outer) => isWithin(scope, outer));
}

/** @throws ArmError 404 */
export function roleOf({ state }: Call, definitionId: string): Named {
  const id = /\/providers\/Microsoft\.Authorization\/roleDefinitions\/([^/]+)$/i.exec(definitionId)?.[1]?.toLowerCase();
  const found = [...state.roles.all].find(([, role]) => role.id === id);
  if (found) return found;
  throw unknown(definitionId);
}

function put(call: Call, id: string): Answer {
  call.authorize('Microsoft.Authorization/roleDefinitions/write');
  if (!GUID.test(id))
    throw badRequest('RoleDefinitionIdNotGuid', `The role definition ID '${id}' is not valid. It must be a GUID.`);
  const { state, scope } = call;
  const [name, role] = newRole(call, id);
  const before = [...state.roles.all].find(([, other]) => other.id === id);
  if (before && before[1].custom === undefined)
    throw badRequest('RoleDefinitionUpdateNotPermitted', 'A built-in role cannot be updated.');
  const namesake = [...state.roles.all].find(([other]) => other.toLowerCase() === name.toLowerCase());
  if (namesake && namesake[1].id !== id)
    throw conflict(
      'RoleDefinitionWithSameNameExists',
      `A custom role with the same name already exists in this directory. Use a different name.`,
    );
  if (before && before[0] !== name) throw badRequest('BadRequest', 'The emulator does not model renaming a role.');
  state.roles.all.set(name, role);
  return { status: 201, body: model([name, role], scope) };
}

function newRole(call: Call, id: string): Named {
  const body = bodyOf(call.request);
  refuseUnknown(body, ['properties', 'id', 'name', 'type'], 'RoleDefinition');
  const properties = object(body, 'properties');
  refuseUnknown(properties, PROPERTIES, 'RoleDefinitionProperties');
  const name = text(properties, 'roleName') ?? '';
  const assignableScopes = strings(properties, 'assignableScopes');
  if (name === '' || assignableScopes.length === 0)
    throw badRequest('BadRequestFormat', 'A custom role needs a roleName and assignableScopes.');
  const outside = assignableScopes.find((scope) => !isWithin(scope, call.scope));
  if (outside !== undefined)
    throw badRequest('LinkedInvalidScope', `The assignable scope '${outside}' is not within '${call.scope}'.`);
  return [
    name,
    {
      id,
      ...permissionsOf(properties),
      custom: { description: text(properties, 'description') ?? '', assignableScopes },
    },
  ];
}

function permissionsOf(properties: JsonObject): Pick<RoleDefinition, 'actions' | 'dataActions'> {
  const [permissions, ...more] = list(properties, 'permissions');
  if (permissions === undefined || more.length > 0)
    throw badRequest('InvalidRoleDefinition', 'A custom role has one set of permissions.');
  refuseUnknown(object(permissions), PERMISSIONS, 'Permission');
  const [actions = [], notActions = [], dataActions = [], notDataActions = []] = PERMISSIONS.map((kind) =>
    strings(permissions, kind),
  );
  const wrong = [...actions, ...notActions, ...dataActions, ...notDataActions].find((action) => !ACTION.test(action));
  if (wrong !== undefined)
    throw badRequest(
      'InvalidActionOrNotAction',
      `'${wrong}' does not match any of the actions supported by the providers.`,
    );
  return {
    actions,
    dataActions,
    ...(notActions.length > 0 && { notActions }),
    ...(notDataActions.length > 0 && { notDataActions }),
  };
}

function unknown(id: string): ArmError {
  return new ArmError(
    404,
    'RoleDefinitionDoesNotExist',
    `The specified role definition with ID '${id}' does not exist.`,
  );
}

function nameIn(filter: string | null): string | undefined {
  if (filter === null || filter === '' || filter === 'atScopeAndBelow()') return undefined;
  const name = /^roleName eq '((?:[^']|'')*)'$/i.exec(filter)?.[1];
  if (name === undefined) throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  return name.replaceAll("''", "'");
}

function model([roleName, role]: Named, scope: string): JsonObject {
  const { actions, notActions = [], dataActions, notDataActions = [], custom } = role;
  return {
    id: roleDefinitionId(role, scope),
    name: role.id,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName,
      type: custom ? 'CustomRole' : 'BuiltInRole',
      description: custom?.description ?? roleName,
      assignableScopes: custom?.assignableScopes ?? ['/'],
      permissions: [{ actions, notActions, dataActions, notDataActions }],
      createdOn: '2015-02-02T21:55:09.8806423Z',
      updatedOn: '2021-11-11T20:13:47.8628684Z',
      createdBy: null,
      updatedBy: null,
    },
  };
}
