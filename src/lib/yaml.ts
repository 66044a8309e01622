import { type LoadOptions, load } from 'js-yaml';
import { isRecord } from './json.ts';

/** Characters, with all aliases written out, of what people write for a run. */
const LARGEST = 4_000_000;

/**
 * YAML that people write. Aliases of aliases can stand for more than any memory holds.
 * @throws Error
 */
export function loadYaml(text: string, options?: LoadOptions): unknown {
  const loaded = load(text, options);
  if (sizeOf(loaded, LARGEST) > LARGEST) throw new Error('it is too large with its aliases written out');
  return loaded;
}

/** @param most from where on it does not matter how large it is */
function sizeOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1 + String(value).length;
  let size = 1;
  for (const [key, inner] of Object.entries(value)) {
    size += key.length + sizeOf(inner, most - size);
    if (size > most) break;
  }
  return size;
}

/** Text that YAML reads unquoted, and as text. */
const PLAIN = /^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z/](?:[\w./@,-]|:(?=[\w/]))*$/i;

/** YAML of JSON data, in blocks as people write it. Any text that YAML could read otherwise is quoted as in JSON. */
export function yamlOf(value: unknown): string {
  return `${linesOf(value).join('\n')}\n`;
}

function linesOf(value: unknown): readonly string[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((item) => linesOf(item).map((line, index) => `${index === 0 ? '-' : ' '} ${line}`));
  if (isRecord(value) && Object.keys(value).length > 0)
    return Object.entries(value).flatMap(([key, inner]) => entry(scalar(key), inner));
  return [scalar(value)];
}

function entry(key: string, value: unknown): readonly string[] {
  const lines = linesOf(value);
  const isBlock = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  return isBlock ? [`${key}:`, ...lines.map((line) => `  ${line}`)] : [`${key}: ${lines[0]}`];
}

const scalar = (value: unknown) =>
  typeof value === 'string' && PLAIN.test(value) ? value : JSON.stringify(value ?? null);
