import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed } from '../request/errors.ts';

/** Resource providers of a subscription. https://learn.microsoft.com/rest/api/resources/providers */
export function answerProvider(call: Call): Answer {
  const { request, state, subscriptionId, path } = call;
  const { namespace = '', action } = path;
  if (action !== undefined && request.method === 'POST') {
    call.authorize(`${namespace}/register/action`);
    state.unregistered.delete(namespace);
  } else if (action === undefined && request.method === 'GET') {
    call.authorize('Microsoft.Resources/subscriptions/providers/read');
  } else {
    throw methodNotAllowed(request.method);
  }
  const registrationState = state.unregistered.has(namespace) ? 'NotRegistered' : 'Registered';
  const id = `/subscriptions/${subscriptionId}/providers/${namespace}`;
  return {
    status: 200,
    body: { id, namespace, resourceTypes: [], registrationState, registrationPolicy: 'RegistrationRequired' },
  };
}
