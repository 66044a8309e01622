import { LABELS } from '../kubernetes/labels.ts';
import { messageOf } from '../lib/errors.ts';
import { isRecord } from '../lib/json.ts';
import { loadYaml } from '../lib/yaml.ts';
import { invalid, type Parsed, type Parser, valid } from './parsed.ts';

type Labels = Readonly<Record<string, string>>;

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const KEY = /^([a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?\/)?[a-z0-9]([-\w.]{0,61}[a-z0-9])?$/i;
const VALUE = /^([a-z0-9]([-\w.]{0,61}[a-z0-9])?)?$/i;

const RESERVED = new Set([...Object.keys(LABELS), 'kubernetes.io/metadata.name']);

/** Labels as a YAML mapping, or as key=value separated by commas or lines. */
export const parseLabels: Parser<Labels> = (text) => {
  const entries = entriesIn(text);
  if (!entries.ok) return entries;
  const problems = entries.value.flatMap(([key, value]) => {
    if (!KEY.test(key)) return [`"${key}" is not a valid name of a label`];
    if (RESERVED.has(key)) return [`${key} is not allowed: it is set already`];
    return VALUE.test(value) ? [] : [`"${value}" is not a valid value of label ${key}`];
  });
  return problems.length > 0 ? invalid(...problems) : valid(Object.fromEntries(entries.value));
};

function entriesIn(text: string): Parsed<readonly (readonly [string, string])[]> {
  const parts = text.split(/[,\n]+/).map((part) => part.trim());
  const given = parts.filter((part) => part !== '').map((part) => /^([^=:\s]+)=(.*)$/.exec(part));
  if (given.every((match) => match !== null))
    return valid(given.map(([, key = '', value = '']) => [key, value] as const));
  try {
    const parsed: unknown = loadYaml(text);
    if (!isRecord(parsed)) return invalid('must be a YAML mapping of labels, or key=value, comma or line separated');
    return valid(Object.entries(parsed).map(([key, value]) => [key, String(value ?? '')] as const));
  } catch (error) {
    return invalid(`is neither YAML nor key=value: ${messageOf(error)}`);
  }
}
