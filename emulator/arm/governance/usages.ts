import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed } from '../request/errors.ts';

const LIMIT = 100;

/** Quotas of Compute in a region. https://learn.microsoft.com/rest/api/compute/usage/list */
export function answerUsages(call: Call): Answer {
  const { request, state } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Compute/locations/usages/read');
  const currentValue = LIMIT - (state.governance.coresLeft ?? LIMIT);
  const name = { value: 'cores', localizedValue: 'Total Regional vCPUs' };
  return { status: 200, body: { value: [{ unit: 'Count', currentValue, limit: LIMIT, name }] } };
}
