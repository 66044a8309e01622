import { isObject, type JsonObject, parseJson } from '../../lib/json.ts';
import type { Exchange } from '../../server/exchange.ts';
import { badRequest } from './errors.ts';

/** @throws ArmError 400 if the body is not a JSON object */
export function bodyOf(request: Exchange): JsonObject {
  const body = parseJson(request.body.toString());
  if (!isObject(body))
    throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
  return body;
}

/** @throws ArmError 400 for an unknown property */
export function refuseUnknown(target: JsonObject, known: readonly string[], where: string): void {
  const unknown = Object.keys(target).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw badRequest(
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: 'Could not find member '${unknown}' on object of type '${where}'.'`,
  );
}
