import { isRecord } from './json.ts';

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
