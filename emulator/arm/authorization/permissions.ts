import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed } from '../request/errors.ts';
import { requireScope } from './scope.ts';

/** The caller's permissions at a scope, one entry for each of its roles.
 * https://learn.microsoft.com/rest/api/authorization/permissions */
export function answerPermissions(call: Call): Answer {
  const { request, caller, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Authorization/permissions/read');
  requireScope(call);
  const value = state.assignments.rolesOf(caller.objectId, scope).map((name) => {
    const { actions, notActions = [], dataActions, notDataActions = [] } = state.roles.named(name);
    return { actions, notActions, dataActions, notDataActions };
  });
  return { status: 200, body: { value } };
}
