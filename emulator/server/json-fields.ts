import { isObject, type Json, parseJson } from '../lib/json.ts';
import type { Answer } from './exchange.ts';

/** Where a text stands in a JSON document; `[]` is every element of a list. Keys themselves can be texts, too. */
export type FieldPath = readonly string[];

const EVERY = '[]';

/** The answer's body as JSON, if it is that. */
export function jsonOf({ body }: Answer): Json | undefined {
  if (typeof body === 'string') return parseJson(body);
  if (Buffer.isBuffer(body)) return parseJson(body.toString());
  if (body === undefined || Symbol.asyncIterator in body) return undefined;
  const copy: Json = JSON.parse(JSON.stringify(body));
  return copy;
}

/** Paths of all texts, each once. */
export function textFields(json: Json, path: FieldPath = []): readonly FieldPath[] {
  if (typeof json === 'string') return [path];
  const inner = Array.isArray(json)
    ? json.flatMap((element) => textFields(element, [...path, EVERY]))
    : isObject(json)
      ? Object.entries(json).flatMap(([key, value]) => textFields(value ?? null, [...path, key]))
      : [];
  return [...new Map(inner.map((field) => [field.join('\0'), field])).values()];
}

/** A copy with other texts at the path. */
export function changeTexts(json: Json, [head, ...rest]: FieldPath, change: (text: string) => Json): Json {
  if (head === undefined) return typeof json === 'string' ? change(json) : json;
  if (head === EVERY && Array.isArray(json)) return json.map((element) => changeTexts(element, rest, change));
  if (!isObject(json) || json[head] === undefined) return json;
  return { ...json, [head]: changeTexts(json[head] ?? null, rest, change) };
}

export const titleOfField = (path: FieldPath) => path.join('.').replaceAll('.[]', '[]') || '(the whole)';

/** The answer with this body. Its headers stay, but for the length that no longer holds. */
export function withJson(answer: Answer, json: Json): Answer {
  const headers = Object.entries(answer.headers ?? {}).filter(([name]) => name.toLowerCase() !== 'content-length');
  return { ...answer, headers: Object.fromEntries(headers), body: JSON.stringify(json) };
}
