import { notFound, unknownSegment } from './errors.ts';

/** How a path names an entity: by object id, or by an alternate key. */
export interface Key {
  readonly name: string;
  readonly value: string;
}

export interface Path {
  /** The entity set: `applications`. */
  readonly set: string;
  readonly key?: Key;
  /** What follows: `['addPassword']`, `['owners', '$ref']`. */
  readonly rest: readonly string[];
}

const keyed = /^([A-Za-z]\w*)\((?:(\w+)=)?'((?:[^']|'')*)'\)$/;

/** Parses `applications/ID/x`, `applications('ID')` and `applications(appId='ID')/x`. */
export function parsePath(path: string): Path {
  const [first = '', ...rest] = path.split('/').map(decode);
  const match = keyed.exec(first);
  if (match) {
    const [, set = '', name = 'id', value = ''] = match;
    return { set, key: { name, value: value.replaceAll("''", "'") }, rest };
  }
  if (/\W/.test(first)) throw unknownSegment(first);
  const [id, ...further] = rest;
  if (id === undefined || id === '' || id.startsWith('$')) return { set: first, rest };
  return { set: first, key: { name: 'id', value: id }, rest: further };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw unknownSegment(segment);
  }
}

/** The entity with the key. @throws GraphError 404 if there is none */
export function byKey<T extends object>(
  entities: Iterable<T>,
  key: Key,
  alternate: Readonly<Record<string, (entity: T) => string | null>>,
): T {
  const read = Object.hasOwn(alternate, key.name) ? alternate[key.name] : undefined;
  if (read === undefined) throw unknownSegment(`${key.name}='${key.value}'`);
  const wanted = key.value.toLowerCase();
  for (const entity of entities) if (read(entity)?.toLowerCase() === wanted) return entity;
  throw notFound(key.value);
}
