import { isObject, type Json, type JsonObject, strings } from '../lib/json.ts';
import { unsupportedQuery } from './errors.ts';

/** The properties to filter an entity set by, with their operators (as documented, without advanced queries). */
export type Filterable = Readonly<Record<string, readonly ('eq' | 'in' | 'startswith' | 'any')[]>>;

type Predicate = (entity: JsonObject) => boolean;

const token = /\s*(?:('(?:[^']|'')*')|([A-Za-z_][\w/]*)|([(),:]))/y;

/** Parses a `$filter` expression. @throws GraphError 400 for what is not documented for the property */
export function parseFilter(source: string, filterable: Filterable): Predicate {
  const tokens = tokenize(source);
  let position = 0;
  const peek = () => tokens[position] ?? '';
  const next = () => {
    position += 1;
    return tokens[position - 1] ?? '';
  };
  const expect = (wanted: string) => {
    if (next() !== wanted) throw invalid(source);
  };
  const literal = (): Json => {
    const read = next();
    if (read.startsWith("'")) return read.slice(1, -1).replaceAll("''", "'");
    if (read === 'true' || read === 'false') return read === 'true';
    if (read === 'null') return null;
    throw invalid(source);
  };
  const allow = (property: string, operator: 'eq' | 'in' | 'startswith' | 'any') => {
    if (Object.hasOwn(filterable, property) && filterable[property]?.includes(operator)) return;
    throw unsupportedQuery(`Unsupported or invalid query filter clause specified for property '${property}'.`);
  };

  function either(): Predicate {
    const parts = [both()];
    while (peek() === 'or') {
      next();
      parts.push(both());
    }
    return (entity) => parts.some((part) => part(entity));
  }
  function both(): Predicate {
    const parts = [term()];
    while (peek() === 'and') {
      next();
      parts.push(term());
    }
    return (entity) => parts.every((part) => part(entity));
  }
  function term(): Predicate {
    const first = next();
    if (first === '(') {
      const inner = either();
      expect(')');
      return inner;
    }
    if (first === 'startswith') return startsWith();
    if (first.endsWith('/any')) return any(first.slice(0, -'/any'.length));
    return comparison(first);
  }
  function startsWith(): Predicate {
    expect('(');
    const property = next();
    allow(property, 'startswith');
    expect(',');
    const start = String(literal()).toLowerCase();
    expect(')');
    return (entity) =>
      String(propertyOf(entity, property) ?? '')
        .toLowerCase()
        .startsWith(start);
  }
  function any(property: string): Predicate {
    allow(property, 'any');
    expect('(');
    const variable = next();
    expect(':');
    expect(variable);
    expect('eq');
    const wanted = literal();
    expect(')');
    return (entity) => strings(propertyOf(entity, property)).some((value) => same(value, wanted));
  }
  function comparison(property: string): Predicate {
    const operator = next();
    if (operator === 'eq') {
      allow(property, 'eq');
      const wanted = literal();
      return (entity) => same(propertyOf(entity, property), wanted);
    }
    if (operator !== 'in') throw invalid(source);
    allow(property, 'in');
    const wanted: Json[] = [];
    expect('(');
    do wanted.push(literal());
    while (next() === ',');
    if (tokens[position - 1] !== ')') throw invalid(source);
    return (entity) => wanted.some((value) => same(propertyOf(entity, property), value));
  }

  const predicate = either();
  if (position !== tokens.length) throw invalid(source);
  return predicate;
}

function tokenize(source: string): readonly string[] {
  const tokens: string[] = [];
  const end = source.trimEnd().length;
  token.lastIndex = 0;
  while (token.lastIndex < end) {
    const match = token.exec(source);
    if (match === null) throw invalid(source);
    tokens.push(match[0].trim());
  }
  return tokens;
}

function propertyOf(entity: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = entity;
  for (const name of path.split('/')) value = isObject(value) ? value[name] : undefined;
  return value;
}

/** The directory compares strings without regard to case. */
function same(one: Json | undefined, other: Json): boolean {
  if (typeof one === 'string' && typeof other === 'string') return one.toLowerCase() === other.toLowerCase();
  return one === other;
}

function invalid(source: string) {
  return unsupportedQuery(`Invalid filter clause: '${source}'.`);
}
