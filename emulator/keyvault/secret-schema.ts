import { isObject, type Json, object, stringMap } from '../lib/json.ts';
import { VaultError } from './errors.ts';

/** The content of a PUT of a secret. Times are seconds since the epoch. */
export interface NewSecret {
  readonly value: string;
  readonly contentType: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly enabled: boolean;
  readonly exp: number | undefined;
  readonly nbf: number | undefined;
}

const LARGEST = 25 * 1024;
const MOST_TAGS = 15;

/** @throws VaultError 400 for anything that Key Vault does not know or allow */
export function parseNewSecret(body: Json | undefined, contentType: string | undefined): NewSecret {
  if (!contentType?.startsWith('application/json'))
    throw new VaultError(415, 'UnsupportedMediaType', 'The content type has to be application/json.');
  if (!isObject(body)) throw badParameter('The request body is not a JSON object.');
  refuseUnknown(Object.keys(body), ['value', 'contentType', 'attributes', 'tags']);
  const attributes = object(body, 'attributes');
  refuseUnknown(Object.keys(attributes), ['enabled', 'exp', 'nbf']);
  const { value, contentType: type, tags } = body;
  if (typeof value !== 'string' || value === '') throw badParameter('Parameter value is required.');
  if (Buffer.byteLength(value) > LARGEST) throw badParameter('The secret value is longer than 25 KB.');
  if (type !== undefined && (typeof type !== 'string' || type.length > 255))
    throw badParameter('Property contentType is invalid.');
  const tagged = stringMap(body, 'tags');
  if (
    isObject(tags) &&
    (Object.keys(tags).length !== Object.keys(tagged).length || Object.keys(tagged).length > MOST_TAGS)
  )
    throw badParameter('Property tags is invalid.');
  return {
    value,
    contentType: typeof type === 'string' ? type : undefined,
    tags: tagged,
    enabled: attributes['enabled'] !== false,
    exp: time(attributes['exp']),
    nbf: time(attributes['nbf']),
  };
}

function time(value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    throw badParameter('A date has to be an integer number of seconds since the epoch.');
  return value;
}

function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw badParameter(`Property ${unknown} is not expected.`);
}

const badParameter = (message: string) => new VaultError(400, 'BadParameter', message);
