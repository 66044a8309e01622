import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed } from '../request/errors.ts';
import { isWithin } from '../state/assignments.ts';

/** The locks at a scope and below it. https://learn.microsoft.com/rest/api/resources/management-locks */
export function answerLocks(call: Call): Answer {
  const { request, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Authorization/locks/read');
  const value = [...state.governance.locks]
    .filter(([locked]) => isWithin(locked, scope))
    .map(([locked, level], index) => ({
      id: `${locked}/providers/Microsoft.Authorization/locks/lock-${index}`,
      type: 'Microsoft.Authorization/locks',
      name: `lock-${index}`,
      properties: { level },
    }));
  return { status: 200, body: { value } };
}
