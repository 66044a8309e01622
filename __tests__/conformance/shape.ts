import type { Json } from '../../emulator/lib/json.ts';

/** What is compared of an answer: made from recordings by scripts/derive-shapes.mjs, and here from the emulator's. */
export interface Shape {
  readonly name: string;
  readonly recorded: boolean;
  readonly status: number;
  /** The telling ones. */
  readonly headers: readonly string[];
  /** Of an error. */
  readonly code?: string;
  readonly wrapped?: boolean;
  /** Types by path; `|` between those of several entries. */
  readonly body: Readonly<Record<string, string>>;
}

const TELLING = ['azure-asyncoperation', 'location', 'retry-after', 'www-authenticate', 'x-ms-failure-cause'];

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Json;
}

export function shapeOfAnswer({ status, headers, body }: Answer): Shape {
  const types: Record<string, Set<string>> = {};
  walk(body, '', types);
  const isWrapped = types['error'] !== undefined;
  const code = readCode(body);
  return {
    name: '',
    recorded: false,
    status,
    headers: TELLING.filter((name) => headers[name] !== undefined),
    ...(status >= 400 && { wrapped: isWrapped, ...(code !== undefined && { code }) }),
    body: Object.fromEntries(Object.entries(types).map(([path, found]) => [path, [...found].sort().join('|')])),
  };
}

/** @param partly the answer may lack recorded properties */
export function differences(recorded: Shape, answer: Shape, partly: boolean): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, expected: unknown, actual: unknown) => {
    if (String(expected) !== String(actual)) found.push(`${what}: recorded ${expected}, emulated ${actual}`);
  };
  compare('status', recorded.status, answer.status);
  compare('headers', recorded.headers, answer.headers);
  compare('code', recorded.code, answer.code);
  compare('wrapped', recorded.wrapped, answer.wrapped);
  for (const [path, type] of Object.entries(recorded.body))
    if (!partly || path in answer.body) compareTypes(path, type, answer.body[path], found);
  if (!partly)
    for (const path of Object.keys(answer.body))
      if (!(path in recorded.body)) found.push(`${path}: emulated, not recorded`);
  return found;
}

function compareTypes(path: string, recorded: string, emulated: string | undefined, found: string[]): void {
  const known = recorded.split('|');
  if (emulated === undefined) found.push(`${path}: recorded ${recorded}, not emulated`);
  else if (!emulated.split('|').every((type) => known.includes(type)))
    found.push(`${path}: recorded ${recorded}, emulated ${emulated}`);
}

function walk(value: Json | undefined, path: string, types: Record<string, Set<string>>): void {
  if (path !== '') {
    types[path] ??= new Set();
    types[path].add(value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
  }
  if (Array.isArray(value)) for (const entry of value) walk(entry, `${path}[]`, types);
  else if (value !== null && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) walk(inner, path === '' ? name : `${path}.${name}`, types);
}

function readCode(body: Json): string | undefined {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) return undefined;
  const error: Json | undefined = 'error' in body ? body['error'] : body;
  if (error === undefined || error === null || typeof error !== 'object' || Array.isArray(error)) return undefined;
  const code = 'code' in error ? error['code'] : undefined;
  return typeof code === 'string' ? code : undefined;
}
