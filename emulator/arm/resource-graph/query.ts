import { type JsonObject, text } from '../../lib/json.ts';
import { badRequest } from '../request/errors.ts';

/** A query of Azure Resource Graph, as far as the emulator models its language: any other is refused. */
export interface Query {
  matches(resource: JsonObject): boolean;
  /** The columns of a row. */
  readonly columns: readonly string[];
}

/** A text in single quotes, in which a backslash escapes. */
const QUOTED = String.raw`'((?:[^'\\]|\\['\\])*)'`;
const TAG = `tags\\[${QUOTED}\\]`;
const SEPARATOR = /\s*\|\s*(?=(?:[^'\\]|\\.|'(?:[^'\\]|\\.)*')*$)/;

const STEPS: readonly { readonly form: RegExp; readonly test: (groups: readonly string[]) => Query['matches'] }[] = [
  {
    form: new RegExp(`^where type =~ ${QUOTED}$`),
    test:
      ([type = '']) =>
      (resource) =>
        text(resource, 'type')?.toLowerCase() === type.toLowerCase(),
  },
  {
    form: new RegExp(`^where tostring\\(${TAG}\\) == ${QUOTED}$`),
    test:
      ([tag = '', value]) =>
      (resource) =>
        (text(resource, 'tags', tag) ?? '') === value,
  },
  {
    form: new RegExp(`^where tostring\\(${TAG}\\) != ${QUOTED}$`),
    test:
      ([tag = '', value]) =>
      (resource) =>
        (text(resource, 'tags', tag) ?? '') !== value,
  },
  {
    form: new RegExp(`^where isnotnull\\(${TAG}\\)$`),
    test:
      ([tag = '']) =>
      (resource) =>
        text(resource, 'tags', tag) !== undefined,
  },
];

/** @throws ArmError 400 for what the emulator does not know */
export function parseQuery(source: string): Query {
  const [start, ...rest] = source.split(SEPARATOR);
  const columns = /^project (\w+(?:, ?\w+)*)$/.exec(rest.at(-2) ?? '')?.[1]?.split(/, ?/);
  // Pages need a column by which rows can be told apart, and an order.
  if (start !== 'resources' || !columns?.includes('id') || rest.at(-1) !== 'order by id asc') throw invalid(source);
  const tests = rest.slice(0, -2).map((step) => {
    for (const { form, test } of STEPS) {
      const groups = form.exec(step)?.slice(1);
      if (groups) return test(groups.map(unescaped));
    }
    throw invalid(step);
  });
  return { columns, matches: (resource) => tests.every((test) => test(resource)) };
}

const unescaped = (quoted: string) => quoted.replaceAll(/\\(['\\])/g, '$1');

function invalid(part: string) {
  return badRequest('BadRequest', `InvalidQuery: Query is invalid or not modelled by the emulator: ${part}`);
}
