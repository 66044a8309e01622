import { randomUUID } from 'node:crypto';
import type { AppRoleAssignment, ServicePrincipal } from '../entra/objects.ts';
import { displayNameOf } from '../entra/objects.ts';
import type { JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { bodyOf, type Call, entity, noContent, requireRole } from './context.ts';
import { badRequest, GraphError, notFound, unknownSegment } from './errors.ts';
import { byKey } from './key.ts';
import { collection, single } from './query.ts';
import { checkProperties, uuid } from './schema.ts';

const set = 'appRoleAssignments';

/**
 * `/servicePrincipals/ID/appRoleAssignments[/ID]`: the app roles that the service principal has.
 * https://learn.microsoft.com/graph/api/serviceprincipal-post-approleassignments
 */
export function answerAppRoleAssignments(call: Call, holder: ServicePrincipal, rest: readonly string[]): Answer {
  const { directory, request } = call;
  const [id, further] = rest;
  if (further !== undefined) throw unknownSegment(further);
  if (request.method !== 'GET') {
    requireRole(call, 'AppRoleAssignment.ReadWrite.All');
    requireRole(call, 'Application.Read.All', 'Application.ReadWrite.All', 'Directory.Read.All');
  }
  const held = [...directory.appRoleAssignments.values()].filter(({ principalId }) => principalId === holder.id);
  if (id === undefined) {
    if (request.method === 'GET')
      return collection(
        call,
        set,
        held.map((entry) => view(call, entry)),
        {},
      );
    if (request.method === 'POST') return entity(call, 201, set, view(call, assign(call, holder, held)));
    throw notAllowed();
  }
  const found = byKey(held, { name: 'id', value: id }, { id: (entry) => entry.id });
  if (request.method === 'GET') return single(call, set, view(call, found));
  if (request.method !== 'DELETE') throw notAllowed();
  directory.appRoleAssignments.delete(found.id);
  return noContent;
}

function assign(call: Call, holder: ServicePrincipal, held: readonly AppRoleAssignment[]): AppRoleAssignment {
  const { directory } = call;
  const body = bodyOf(call);
  checkProperties(body, { principalId: uuid, resourceId: uuid, appRoleId: uuid });
  const { principalId, resourceId, appRoleId } = body;
  if (typeof principalId !== 'string' || typeof resourceId !== 'string' || typeof appRoleId !== 'string')
    throw badRequest('principalId, resourceId and appRoleId are all required.', 'MissingValue');
  if (principalId !== holder.id) throw badRequest('principalId is not that of the service principal in the path.');
  const resource = directory.servicePrincipals.get(resourceId);
  if (resource === undefined || !directory.isReplicated(resource)) throw notFound(resourceId);
  if (!resource.appRoles.some((role) => role.id === appRoleId))
    throw badRequest('Permission being assigned was not found on application');
  if (held.some((entry) => entry.resourceId === resourceId && entry.appRoleId === appRoleId))
    throw badRequest('Permission being assigned already exists on the object');
  const assignment = { id: randomUUID(), principalId, resourceId, appRoleId };
  directory.appRoleAssignments.set(assignment.id, assignment);
  return assignment;
}

function view({ directory }: Call, assignment: AppRoleAssignment): JsonObject {
  const nameOf = (id: string) => {
    const principal = directory.servicePrincipals.get(id);
    return principal ? displayNameOf(principal) : null;
  };
  return {
    ...assignment,
    deletedDateTime: null,
    principalType: 'ServicePrincipal',
    principalDisplayName: nameOf(assignment.principalId),
    resourceDisplayName: nameOf(assignment.resourceId),
  };
}

const notAllowed = () => new GraphError(405, 'Request_BadRequest', 'Specified HTTP method is not allowed.');
