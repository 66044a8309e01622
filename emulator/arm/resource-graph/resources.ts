import { integer, type JsonObject, object, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { badRequest, methodNotAllowed } from '../request/errors.ts';
import { parseQuery } from './query.ts';

/** https://learn.microsoft.com/rest/api/azureresourcegraph/resourcegraph/resources/resources */
export function answerResourceGraph(call: Call): Answer {
  const { request, state } = call;
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  const body = bodyOf(request);
  refuseUnknown(body, ['query', 'options', 'subscriptions', 'managementGroups', 'facets'], 'QueryRequest');
  const options = object(body, 'options');
  refuseUnknown(options, ['$skipToken', '$top', '$skip', 'resultFormat', 'allowPartialScopes'], 'QueryRequestOptions');
  const source = text(body, 'query') ?? '';
  const query = parseQuery(source);
  const readable = [...state.clusters.values()].filter((record) => mayRead(call, text(record.model, 'id') ?? ''));
  if (readable.length === 0) return { status: 400, body: NOTHING_READABLE };
  const subscriptions = [...new Set(readable.map(({ model }) => subscriptionOf(model)))];
  const searched = subscriptions.slice(0, state.settings.resourceGraphSubscriptions);
  const found = readable
    .filter(({ model }) => searched.includes(subscriptionOf(model)))
    .map(({ model }) => model)
    .filter(query.matches)
    .sort((a, b) => ((text(a, 'id') ?? '') < (text(b, 'id') ?? '') ? -1 : 1));
  const start = startOf(options, source);
  const rows = found.slice(start, start + pageSize(call, options));
  const next = start + rows.length;
  const more = next < found.length;
  return {
    status: 200,
    headers: {
      ...{ 'x-ms-user-quota-remaining': '14', 'x-ms-user-quota-resets-after': '00:00:05' },
      ...(searched.length < subscriptions.length && { 'x-ms-tenant-subscription-limit-hit': 'true' }),
    },
    body: {
      totalRecords: found.length,
      count: rows.length,
      resultTruncated: more ? 'true' : 'false',
      ...(more ? { $skipToken: tokenOf(next, source) } : {}),
      data: rows.map((row) => Object.fromEntries(query.columns.map((column) => [column, row[column] ?? null]))),
      facets: [],
    },
  };
}

const NOTHING_READABLE: JsonObject = {
  error: {
    code: 'BadRequest',
    message: 'Please provide below info when asking for support: timestamp = …, correlationId = ….',
    details: [
      {
        code: 'NoValidSubscriptionsInQueryRequest',
        message: 'There must be at least one subscription that is eligible to contain resources.',
      },
    ],
  },
};

const subscriptionOf = (model: JsonObject) => text(model, 'id')?.split('/')[2];

/** Resource Graph shows what the caller may read. */
function mayRead({ state, caller }: Call, id: string): boolean {
  return state.assignments.allows(caller.objectId, 'Microsoft.ContainerService/managedClusters/read', id);
}

function pageSize({ state }: Call, options: JsonObject): number {
  const top = integer(options, '$top') ?? 100;
  if (top < 1 || top > 1000) throw badRequest('BadRequest', 'Parameter $top must be between 1 and 1000.');
  return Math.min(top, state.settings.resourceGraphPage);
}

const tokenOf = (start: number, source: string) => Buffer.from(JSON.stringify([start, source])).toString('base64');

/** A token is good for the query that it was given out for. */
function startOf(options: JsonObject, source: string): number {
  const token = text(options, '$skipToken');
  if (token === undefined) return 0;
  const start = Number(/^\[(\d+),/.exec(Buffer.from(token, 'base64').toString())?.[1]);
  if (token !== tokenOf(start, source)) throw badRequest('BadRequest', 'The provided $skipToken is invalid.');
  return start;
}
