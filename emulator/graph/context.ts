import type { Caller } from '../entra/caller.ts';
import type { Directory } from '../entra/directory.ts';
import type { Clock } from '../lib/clock.ts';
import { isObject, type Json, type JsonObject } from '../lib/json.ts';
import type { Answer, Exchange } from '../server/exchange.ts';
import { badRequest, denied, GraphError } from './errors.ts';

/** One authenticated request. */
export interface Call {
  readonly request: Exchange;
  readonly caller: Caller;
  readonly directory: Directory;
  readonly clock: Clock;
}

/** URL of the API, as in `@odata.context`. */
export const graphRoot = ({ directory }: Pick<Call, 'directory'>) => `https://${directory.cloud.graph}/v1.0`;

/** @throws GraphError 403 if the caller has none of the app roles */
export function requireRole({ caller }: Call, ...roles: readonly string[]): void {
  if (!holds(caller, ...roles)) throw denied();
}

export function holds(caller: Caller, ...roles: readonly string[]): boolean {
  return roles.some((role) => caller.roles.includes(role));
}

/** Application.ReadWrite.OwnedBy writes only what the caller owns; Application.ReadWrite.All writes everything. */
export function requireWrite(call: Call, object: { readonly owners: ReadonlySet<string> }): void {
  if (!mayWrite(call, object)) throw denied();
}

export function mayWrite({ caller }: Call, object: { readonly owners: ReadonlySet<string> }): boolean {
  if (holds(caller, 'Application.ReadWrite.All')) return true;
  return holds(caller, 'Application.ReadWrite.OwnedBy') && object.owners.has(caller.objectId);
}

/** The owners of what the caller creates: the caller, if it may write only what it owns. */
export function creatorsOf({ caller }: Call): Set<string> {
  return holds(caller, 'Application.ReadWrite.All') ? new Set() : new Set([caller.objectId]);
}

/** The request's JSON object. */
export function bodyOf({ request }: Call): JsonObject {
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
    throw new GraphError(
      415,
      'UnsupportedMediaType',
      'Write requests (excluding DELETE) must contain the Content-Type header declaration application/json.',
    );
  const parsed = parseJson(request.body.toString());
  if (!isObject(parsed)) throw badRequest('The request body must be a JSON object.');
  return parsed;
}

function parseJson(source: string): Json | undefined {
  try {
    return JSON.parse(source);
  } catch {
    throw new GraphError(400, 'BadRequest', 'Unable to read JSON request payload. Please ensure it is well formed.');
  }
}

/** Whether the `Prefer` header contains the preference. */
export function prefers({ request }: Call, preference: string): boolean {
  const wanted = (request.headers['prefer'] ?? '').split(',').map((entry) => entry.trim().toLowerCase());
  return wanted.includes(preference);
}

/** An entity as the body of an answer. Where a new one is said to be is no address of this API. */
export function entity(call: Call, status: 200 | 201, set: string, body: JsonObject): Answer {
  const headers = status === 201 ? { location: `https://${call.directory.cloud.graph}/v2/${set}/${body['id']}` } : {};
  return { status, headers, body: { '@odata.context': `${graphRoot(call)}/$metadata#${set}/$entity`, ...body } };
}

export const noContent: Answer = { status: 204 };
