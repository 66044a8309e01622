import { type Json, type JsonObject, object, put, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { isWithin, type PrincipalType, type RoleAssignment } from '../state/assignments.ts';
import { refuseUnknownCondition, requireCondition } from './condition.ts';
import { isAssignableAt, roleDefinitionId, roleOf } from './role-definitions.ts';
import { requireScope } from './scope.ts';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PROPERTIES = [
  'roleDefinitionId',
  'principalId',
  'principalType',
  'description',
  'condition',
  'conditionVersion',
  'delegatedManagedIdentityResourceId',
];

/** https://learn.microsoft.com/rest/api/authorization/role-assignments */
export function answerRoleAssignment(call: Call): Answer {
  const { request, path, state } = call;
  const name = path['name']?.toLowerCase();
  if (name === undefined && request.method === 'GET') return listAssignments(call);
  if (name === undefined) throw methodNotAllowed(request.method);
  const found = state.assignments.all.get(name);
  const here = found && found.scope.toLowerCase() === call.scope.toLowerCase() ? found : undefined;
  if (request.method === 'PUT') return assign(call, name, found);
  if (request.method === 'GET') {
    call.authorize('Microsoft.Authorization/roleAssignments/read');
    if (here) return { status: 200, body: model(here, call) };
    throw new ArmError(404, 'RoleAssignmentNotFound', `The role assignment '${name}' is not found.`);
  }
  if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Authorization/roleAssignments/delete');
  if (!here) return { status: 204 };
  requireCondition(call, 'delete', {
    principalId: here.principalId,
    roleDefinitionId: state.roles.named(here.role).id,
  });
  state.assignments.all.delete(name);
  return { status: 200, body: model(here, call) };
}

function assign(call: Call, name: string, before: RoleAssignment | undefined): Answer {
  const { state, scope, clock } = call;
  call.authorize('Microsoft.Authorization/roleAssignments/write');
  requireScope(call);
  if (!GUID.test(name))
    throw badRequest('InvalidRoleAssignmentId', `The role assignment ID '${name}' is not valid. It must be a GUID.`);
  const body = bodyOf(call.request);
  refuseUnknown(body, ['properties', 'id', 'name', 'type'], 'RoleAssignment');
  const properties = object(body, 'properties');
  refuseUnknown(properties, PROPERTIES, 'RoleAssignmentProperties');
  const [role, definition] = roleOf(call, text(properties, 'roleDefinitionId') ?? '');
  if (!isAssignableAt(definition, scope))
    throw badRequest(
      'RoleAssignmentScopeNotAssignableToRoleDefinition',
      `The scope '${scope}' of the role assignment is not assignable to role definition '${definition.id}'.`,
    );
  const principalId = text(properties, 'principalId') ?? '';
  requireCondition(call, 'write', { principalId, roleDefinitionId: definition.id });
  const condition = text(properties, 'condition');
  if (condition !== undefined) refuseUnknownCondition(condition, text(properties, 'conditionVersion'));
  const principalType = principalTypeOf(call, principalId, properties['principalType']);
  const description = text(properties, 'description') ?? null;
  if (before) {
    const same = before.role === role && before.principalId === principalId;
    if (!same || before.scope.toLowerCase() !== scope.toLowerCase())
      throw badRequest(
        'RoleAssignmentUpdateNotPermitted',
        'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
      );
    const { condition: _, ...rest } = before;
    const updated = { ...rest, description, ...(condition !== undefined && { condition }) };
    state.assignments.all.set(name, updated);
    return { status: 200, body: model(updated, call) };
  }
  refuseSecond(call, role, principalId);
  const times = { createdAt: clock.now(), effectiveAt: clock.now() + state.settings.roleDelay };
  const limits = condition === undefined ? {} : { condition };
  const assignment: RoleAssignment = {
    name,
    principalId,
    principalType,
    role,
    scope,
    description,
    ...limits,
    ...times,
  };
  state.assignments.all.set(name, assignment);
  // Only later reads know who created it.
  return { status: 201, body: put(model(assignment, call), ['properties', 'createdBy'], null) };
}

/** There is only one assignment for a principal, role and scope. @throws ArmError 409 */
function refuseSecond({ state, scope }: Call, role: string, principalId: string): void {
  const other = [...state.assignments.all.values()].find(
    (entry) =>
      entry.role === role && entry.principalId === principalId && entry.scope.toLowerCase() === scope.toLowerCase(),
  );
  if (!other) return;
  throw conflict(
    'RoleAssignmentExists',
    `The role assignment already exists. The ID of the existing role assignment is ${other.name.replaceAll('-', '')}.`,
  );
}

/** With a type in the request, Azure also accepts a principal that is not replicated yet. */
function principalTypeOf({ directory, tenantId }: Call, id: string, requested: Json | undefined): PrincipalType {
  const known = directory.groups.has(id) ? 'Group' : directory.users.has(id) ? 'User' : servicePrincipal(directory, id);
  if (requested === undefined || requested === null) {
    if (known !== undefined) return known;
    throw badRequest(
      'PrincipalNotFound',
      `Principal ${id.replaceAll('-', '')} does not exist in the directory ${tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
    );
  }
  if (requested !== 'Group' && requested !== 'User' && requested !== 'ServicePrincipal')
    throw badRequest('BadRequestFormat', `The principal type '${String(requested)}' is not valid.`);
  if (known === undefined || known === requested) return requested;
  throw badRequest(
    'UnmatchedPrincipalType',
    `The PrincipalId '${id}' has type '${known}', which is different from specified PrincipalType '${requested}'.`,
  );
}

function servicePrincipal({ servicePrincipals, isReplicated }: Call['directory'], id: string) {
  const found = servicePrincipals.get(id);
  return found && isReplicated(found) ? 'ServicePrincipal' : undefined;
}

function listAssignments(call: Call): Answer {
  call.authorize('Microsoft.Authorization/roleAssignments/read');
  const { state, scope, request } = call;
  const related = [...state.assignments.all.values()].filter(
    (entry) => isWithin(scope, entry.scope) || isWithin(entry.scope, scope),
  );
  const matches = filterOf(call, request.url.searchParams.get('$filter') ?? '');
  return { status: 200, body: { value: related.filter(matches).map((entry) => model(entry, call)) } };
}

/** The filters of the API: each alone, or `atScope() and assignedTo(...)`.
 * https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest */
function filterOf({ scope, directory }: Call, filter: string): (assignment: RoleAssignment) => boolean {
  const terms = filter === '' ? [] : filter.split(' and ');
  const tests = terms.map((term) => {
    const [, principal] = /^principalId eq '([^']+)'$/.exec(term) ?? [];
    const [, assignee] = /^assignedTo\('([^']+)'\)$/.exec(term) ?? [];
    if (term === 'atScope()') return (entry: RoleAssignment) => isWithin(scope, entry.scope);
    if (principal !== undefined && terms.length === 1)
      return (entry: RoleAssignment) => entry.principalId === principal;
    if (assignee !== undefined)
      return (entry: RoleAssignment) => [assignee, ...directory.groupsOf(assignee)].includes(entry.principalId);
    throw badRequest('UnsupportedQuery', `The filter '${filter}' is not supported.`);
  });
  return (assignment) => tests.every((test) => test(assignment));
}

function model(assignment: RoleAssignment, { tenantId, state }: Call): JsonObject {
  const { name, scope, role, principalId, principalType, description, condition, createdAt } = assignment;
  const created = new Date(createdAt).toISOString();
  return {
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    name,
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      roleDefinitionId: roleDefinitionId(state.roles.named(role), scope),
      principalId,
      principalType,
      scope,
      condition: condition ?? null,
      conditionVersion: condition === undefined ? null : '2.0',
      description,
      createdOn: created,
      updatedOn: created,
      createdBy: tenantId,
      updatedBy: tenantId,
      delegatedManagedIdentityResourceId: null,
    },
  };
}
