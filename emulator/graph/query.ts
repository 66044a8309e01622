import type { Json, JsonObject } from '../lib/json.ts';
import type { Answer } from '../server/exchange.ts';
import { type Call, graphRoot } from './context.ts';
import { GraphError } from './errors.ts';
import { type Filterable, parseFilter } from './filter.ts';

const defaultPage = 100;
const largestPage = 999;

/** Answers a GET of a collection: `$filter`, `$select`, `$top`, `$count` and the pages that follow. */
export function collection(call: Call, set: string, entities: readonly JsonObject[], filterable: Filterable): Answer {
  const query = call.request.url.searchParams;
  if (query.has('$search'))
    throw new GraphError(
      400,
      'Request_UnsupportedQuery',
      "Request with $search query parameter only works through MSGraph with a special request header: 'ConsistencyLevel: eventual'",
    );
  allowOptions(query, ['$filter', '$select', '$top', '$count', '$skiptoken']);
  const filter = query.get('$filter');
  const found = filter === null ? entities : entities.filter(parseFilter(filter, filterable));
  const start = Number(query.get('$skiptoken') ?? 0);
  const end = start + pageSize(query);
  const value = found.slice(start, end).map((entry) => select(query, set, entry));
  return {
    status: 200,
    body: {
      '@odata.context': `${graphRoot(call)}/$metadata#${set}`,
      ...countOf(call, found.length),
      ...(end < found.length ? { '@odata.nextLink': nextLink(call, end) } : {}),
      value,
    },
  };
}

/** Answers a GET of one entity. */
export function single(call: Call, set: string, found: JsonObject): Answer {
  const query = call.request.url.searchParams;
  allowOptions(query, ['$select']);
  const body = { '@odata.context': `${graphRoot(call)}/$metadata#${set}/$entity`, ...select(query, set, found) };
  return { status: 200, body };
}

export function allowOptions(query: URLSearchParams, allowed: readonly string[]): void {
  for (const name of query.keys())
    if (!allowed.includes(name))
      throw new GraphError(400, 'BadRequest', `The query parameter '${name}' is not supported.`);
}

function select(query: URLSearchParams, set: string, entry: JsonObject): JsonObject {
  const wanted = query
    .get('$select')
    ?.split(',')
    .map((name) => name.trim());
  if (wanted === undefined) return entry;
  const selected: Record<string, Json | undefined> = {};
  for (const name of wanted) {
    if (!Object.hasOwn(entry, name))
      throw new GraphError(
        400,
        'BadRequest',
        `Parsing OData Select and Expand failed: Could not find a property named '${name}' on type '${set}'.`,
      );
    selected[name] = entry[name];
  }
  return selected;
}

function pageSize(query: URLSearchParams): number {
  const top = query.get('$top');
  if (top === null) return defaultPage;
  const size = Number(top);
  if (Number.isInteger(size) && size > 0 && size <= largestPage) return size;
  throw new GraphError(
    400,
    'BadRequest',
    `Invalid page size specified: '${top}'. Must be between 1 and ${largestPage} inclusive.`,
  );
}

/** `$count` on directory objects is an advanced query: it needs the header `ConsistencyLevel: eventual`. */
function countOf({ request }: Call, count: number): JsonObject {
  if (request.url.searchParams.get('$count') !== 'true') return {};
  if (request.headers['consistencylevel']?.toLowerCase() === 'eventual') return { '@odata.count': count };
  throw new GraphError(400, 'Request_UnsupportedQuery', '$count requires the header ConsistencyLevel: eventual.');
}

function nextLink({ request }: Call, start: number): string {
  const url = new URL(request.url);
  url.searchParams.set('$skiptoken', String(start));
  return url.href;
}
