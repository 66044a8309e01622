import { type JsonObject, stringMap, text } from '../lib/json.ts';
import { badRequest } from './status.ts';

export type Matches = (object: JsonObject) => boolean;

const SET_BASED = /^([^\s!=,()]+)\s+(in|notin)\s+\(([^)]*)\)$/;
const EQUALITY = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s,()]*)$/;

/** A label selector: `a=b,c!=d,e in (f,g),h,!i`. https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ */
export function labelSelector(source: string): Matches {
  const requirements = source
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(requirement);
  return (object) => requirements.every((fits) => fits(stringMap(object, 'metadata', 'labels')));
}

/** A field selector, such as `metadata.name=a`. */
export function fieldSelector(source: string): Matches {
  const terms = source.split(',').filter((part) => part !== '');
  return (object) =>
    terms.every((term) => {
      const [, field = '', operator = '', value = ''] = /^([\w.]+)(==|=|!=)(.*)$/.exec(term) ?? [];
      if (operator === '') throw badRequest(`invalid field selector: ${term}`);
      return (text(object, ...field.split('.')) === value) === (operator !== '!=');
    });
}

export function matchesLabels(labels: Readonly<Record<string, string>>): Matches {
  return (object) => {
    const found = stringMap(object, 'metadata', 'labels');
    return Object.entries(labels).every(([key, value]) => found[key] === value);
  };
}

function requirement(part: string): (labels: Readonly<Record<string, string>>) => boolean {
  const [, setKey = '', setOperator, members = ''] = SET_BASED.exec(part) ?? [];
  if (setOperator !== undefined) {
    const values = new Set(members.split(',').map((value) => value.trim()));
    return (labels) => values.has(labels[setKey] ?? '\0') === (setOperator === 'in');
  }
  const [, key = '', operator, value = ''] = EQUALITY.exec(part) ?? [];
  if (operator === '!=') return (labels) => labels[key] !== value;
  if (operator !== undefined) return (labels) => labels[key] === value;
  if (/^!?[\w./-]+$/.test(part)) return (labels) => part.replace('!', '') in labels === !part.startsWith('!');
  throw badRequest(`unable to parse requirement: found '${part}', expected: ',' or 'end of string'`);
}
