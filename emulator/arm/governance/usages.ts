import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { methodNotAllowed } from '../request/errors.ts';

const LIMIT = 100;

/** Quotas of Compute in a region, of all sizes and of one series. https://learn.microsoft.com/rest/api/compute/usage/list */
export function answerUsages(call: Call): Answer {
  const { request, state } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Compute/locations/usages/read');
  const currentValue = LIMIT - (state.governance.coresLeft ?? LIMIT);
  const quota = (value: string, localizedValue: string) => ({
    unit: 'Count',
    currentValue,
    limit: LIMIT,
    name: { value, localizedValue },
  });
  const value = [quota('cores', 'Total Regional vCPUs'), quota('standardDSv5Family', 'Standard DSv5 Family vCPUs')];
  return { status: 200, body: { value } };
}
