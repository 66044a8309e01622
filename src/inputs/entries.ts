import { FAILSAFE_SCHEMA } from 'js-yaml';
import { messageOf } from '../lib/errors.ts';
import { isRecord } from '../lib/json.ts';
import { loadYaml } from '../lib/yaml.ts';
import { invalid, type Parsed, valid } from './parsed.ts';

/** One entry of the list of clusters: its inputs as the text that action.yml would have. */
export interface Entry {
  /** For messages: its place in the list and its name. */
  readonly label: string;
  readonly given: Readonly<Record<string, string>>;
}

/** Reads a JSON or YAML list of mappings. */
export function parseEntries(text: string): Parsed<readonly Entry[]> {
  try {
    const typed: unknown = loadYaml(text);
    // Numbers as they are written: 1.30 is no version 1.3.
    const written: unknown = loadYaml(text, { schema: FAILSAFE_SCHEMA });
    if (!Array.isArray(typed) || !Array.isArray(written) || typed.length === 0 || !typed.every(isRecord))
      return invalid(
        'must be a JSON or YAML list of clusters, each a mapping of cluster-name and the inputs that differ',
      );
    return valid(typed.map((entry, index) => entryOf(entry, written[index], index)));
  } catch (error) {
    return invalid(`is not valid JSON or YAML: ${messageOf(error)}`);
  }
}

function entryOf(typed: Readonly<Record<string, unknown>>, written: unknown, index: number): Entry {
  const texts = isRecord(written) ? written : {};
  const given = Object.fromEntries(
    Object.entries(typed).map(([name, value]) => [
      name,
      isScalar(value) ? String(texts[name] ?? value) : textOf(value),
    ]),
  );
  return { label: `clusters[${index}] (${given['cluster-name'] || 'without a name'})`, given };
}

const isScalar = (value: unknown) => value !== null && value !== undefined && typeof value !== 'object';

/** Lists become lines, mappings become JSON, which is also YAML: the inputs accept both. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
