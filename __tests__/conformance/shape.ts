import { at, type Json, text } from '../../emulator/lib/json.ts';

export type Service = 'Resource Manager' | 'Key Vault' | 'Graph' | 'Entra';

/** What is compared of an answer: made from recordings by scripts/derive-shapes.ts, and here from the emulator's. */
export interface Shape {
  readonly name: string;
  readonly service: Service;
  /** Otherwise an example of the documentation or quoted by somebody: answers may have more. */
  readonly recorded: boolean;
  /** Method and address, without a query. Empty where only the answer is known. */
  readonly request: string;
  /** null: not seen. */
  readonly status: number | null;
  /** The telling ones. */
  readonly headers: readonly string[];
  /** Of an error, in Entra AADSTS and a number. */
  readonly code?: string;
  /** The second code of an error: in Key Vault why, in Entra the OAuth error. */
  readonly inner?: string;
  readonly wrapped?: boolean;
  /** Types by path; `|` between those of several entries. Entries of a map count as one: `tags.*`. */
  readonly body: Readonly<Record<string, string>>;
}

/** Stands beside the types of what an answer may lack. */
export const MISSING = 'missing';

const TELLING = ['azure-asyncoperation', 'location', 'retry-after', 'www-authenticate', 'x-ms-failure-cause'];

export interface Answer {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Json;
}

type ShapeOfAnswer = Omit<Shape, 'name' | 'service' | 'recorded' | 'request'>;

export function shapeOfAnswer({ status, headers, body }: Answer): ShapeOfAnswer {
  const types: Record<string, Set<string>> = {};
  walk(body, '', types);
  const isError = status === null || status >= 400;
  const aadsts = /^AADSTS\d+/.exec(text(body, 'error_description') ?? '')?.[0];
  const code = aadsts ?? text(body, 'error', 'code') ?? text(body, 'code');
  const inner = text(body, 'error', 'innererror', 'code') ?? text(body, 'error');
  return {
    status,
    headers: TELLING.filter((name) => headers[name] !== undefined),
    ...(isError && code !== undefined && { code }),
    ...(isError && inner !== undefined && { inner }),
    ...(isError && body !== null && { wrapped: typeof at(body, 'error') === 'object' }),
    body: Object.fromEntries(Object.entries(types).map(([path, found]) => [path, [...found].sort().join('|')])),
  };
}

/** @param partly the answer may lack recorded properties */
export function differences(recorded: Shape, answer: ShapeOfAnswer, partly: boolean): readonly string[] {
  const found: string[] = [];
  const compare = (what: 'status' | 'headers' | 'code' | 'inner' | 'wrapped') => {
    const isSeen = recorded[what] !== null && (recorded.recorded || recorded[what] !== undefined);
    if (isSeen && String(recorded[what]) !== String(answer[what]))
      found.push(`${what}: recorded ${recorded[what]}, answered ${answer[what]}`);
  };
  compare('status');
  if (recorded.recorded) compare('headers');
  compare('code');
  compare('inner');
  compare('wrapped');
  for (const [path, type] of Object.entries(recorded.body))
    if (!partly || path in answer.body) compareTypes(path, type, answer.body[path], found);
  if (!partly && recorded.recorded)
    for (const path of Object.keys(answer.body))
      if (!(path in recorded.body)) found.push(`${path}: answered, not recorded`);
  return found;
}

function compareTypes(path: string, recorded: string, answered: string | undefined, found: string[]): void {
  const known = recorded.split('|');
  if (answered === undefined && known.includes(MISSING)) return;
  if (answered === undefined) found.push(`${path}: recorded ${recorded}, not answered`);
  else if (!answered.split('|').every((type) => known.includes(type)))
    found.push(`${path}: recorded ${recorded}, answered ${answered}`);
}

const MAPS = /(^|\.)(tags|nodeLabels|userAssignedIdentities|patchVersions)$/;

function walk(value: Json | undefined, path: string, types: Record<string, Set<string>>): void {
  if (path !== '') {
    types[path] ??= new Set();
    types[path].add(value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);
  }
  if (Array.isArray(value)) for (const entry of value) walk(entry, `${path}[]`, types);
  else if (value !== null && typeof value === 'object')
    for (const [name, inner] of Object.entries(value)) {
      const own = MAPS.test(path) ? '*' : name;
      walk(inner, path === '' ? own : `${path}.${own}`, types);
    }
}
