import { isObject, type Json, type JsonObject } from '../lib/json.ts';
import { badRequest } from './errors.ts';

/** The type of a property. */
export type Type =
  | { readonly kind: 'boolean' | 'number'; readonly nullable: boolean }
  | {
      readonly kind: 'string';
      readonly nullable: boolean;
      readonly longest: number;
      /** What is wrong with the value, if anything. */
      readonly refuse?: (value: string) => string | undefined;
    }
  | { readonly kind: 'list'; readonly of: Type; readonly unique?: (entry: Json) => string; readonly most: number }
  | {
      readonly kind: 'object';
      readonly nullable: boolean;
      readonly properties: Properties;
      readonly required: readonly string[];
    };

export type Properties = Readonly<Record<string, Type>>;

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const boolean: Type = { kind: 'boolean', nullable: false };
export const nullableBoolean: Type = { kind: 'boolean', nullable: true };
export const nullableNumber: Type = { kind: 'number', nullable: true };
export const uuid: Type = text({ refuse: (value) => (uuidForm.test(value) ? undefined : 'is not a GUID') });

export function text(options: { longest?: number; refuse?: (value: string) => string | undefined } = {}): Type {
  return {
    kind: 'string',
    nullable: false,
    longest: options.longest ?? 1024,
    ...(options.refuse && { refuse: options.refuse }),
  };
}

export function nullableText(longest = 1024): Type {
  return { kind: 'string', nullable: true, longest };
}

export function oneOf(...values: readonly string[]): Type {
  return text({ refuse: (value) => (values.includes(value) ? undefined : `is none of ${values.join(', ')}`) });
}

export function list(of: Type, unique?: (entry: Json) => string, most = 1200): Type {
  return { kind: 'list', of, most, ...(unique && { unique }) };
}

export function object(properties: Properties, ...required: readonly string[]): Type {
  return { kind: 'object', nullable: false, properties, required };
}

/** @throws GraphError 400 if the value does not fit the type; `path` names the property */
export function check(value: Json, type: Type, path: string): void {
  if (value === null) {
    if (type.kind === 'list' || !type.nullable) throw invalidValue(path, 'may not be null');
    return;
  }
  switch (type.kind) {
    case 'boolean':
    case 'number':
      if (typeof value !== type.kind) throw invalidValue(path, `is not a ${type.kind}`);
      return;
    case 'string':
      checkText(value, type, path);
      return;
    case 'list':
      checkList(value, type, path);
      return;
    case 'object':
      if (!isObject(value)) throw invalidValue(path, 'is not an object');
      checkProperties(value, type.properties);
      for (const name of type.required)
        if (value[name] === undefined) throw invalidValue(`${path}/${name}`, 'is missing');
  }
}

/** @throws GraphError 400 for an unknown property or a wrong value; annotations (`@odata.type`) are ignored */
export function checkProperties(body: JsonObject, properties: Properties): void {
  for (const [name, value] of Object.entries(body)) {
    if (name.includes('@odata.')) continue;
    const type = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (type === undefined) throw badRequest(`Invalid property '${name}'.`);
    if (value !== undefined) check(value, type, name);
  }
}

function checkText(value: Json, type: Extract<Type, { kind: 'string' }>, path: string): void {
  if (typeof value !== 'string') throw invalidValue(path, 'is not a string');
  if (value.length > type.longest) throw invalidValue(path, `is longer than ${type.longest} characters`);
  const wrong = type.refuse?.(value);
  if (wrong) throw invalidValue(path, wrong);
}

function checkList(value: Json, type: Extract<Type, { kind: 'list' }>, path: string): void {
  if (!Array.isArray(value)) throw invalidValue(path, 'is not a collection');
  if (value.length > type.most) throw invalidValue(path, `has more than ${type.most} entries`);
  for (const entry of value) check(entry, type.of, path);
  const keys = value.map(type.unique ?? ((entry) => JSON.stringify(entry)));
  if (new Set(keys).size < keys.length)
    throw badRequest(`Request contains a property with duplicate values: '${path}'.`, 'DuplicateValue');
}

function invalidValue(path: string, wrong: string) {
  return badRequest(`Invalid value specified for property '${path}': it ${wrong}.`, 'InvalidValue');
}

/** Applies a PATCH: properties of objects are merged, collections are replaced. */
export function merge(current: JsonObject, patch: JsonObject): JsonObject {
  const merged: Record<string, Json | undefined> = { ...current };
  for (const [name, value] of Object.entries(patch)) {
    if (name.includes('@odata.') || value === undefined) continue;
    const before = merged[name];
    merged[name] = isObject(value) && isObject(before) ? merge(before, value) : value;
  }
  return merged;
}
