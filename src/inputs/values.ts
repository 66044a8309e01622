import { mergeValues, reservedIn } from '../helm/values.ts';
import { messageOf } from '../lib/errors.ts';
import { at, isRecord, type JsonRecord } from '../lib/json.ts';
import { loadYaml } from '../lib/yaml.ts';
import { invalid, labelled, type Parsed, valid } from './parsed.ts';

/** Reads a file in the workspace. */
export type ReadFile = (path: string) => string;

/**
 * The user's chart values: files in their order, overridden by `values`.
 * @returns the merged values, or the problems of all sources, including reserved values
 */
export function parseUserValues(inline: string, files: readonly string[], readFile: ReadFile): Parsed<JsonRecord> {
  const sources = [...files.map((path) => fromFile(path, readFile)), labelled('values', parseYaml(inline))];
  const problems = sources.flatMap((source) => (source.ok ? [] : source.problems));
  if (problems.length > 0) return invalid(...problems);
  return valid(
    sources.reduce<JsonRecord>((merged, source) => (source.ok ? mergeValues(merged, source.value) : merged), {}),
  );
}

const MISSING = ' (one path per line; the job needs a step with actions/checkout before this one)';

function fromFile(path: string, readFile: ReadFile): Parsed<JsonRecord> {
  try {
    return labelled(`values-files: ${path}`, parseYaml(readFile(path)));
  } catch (error) {
    const hint = at(error, 'code') === 'ENOENT' ? MISSING : '';
    return invalid(`values-files: ${path} cannot be read: ${messageOf(error)}${hint}`);
  }
}

function parseYaml(yaml: string): Parsed<JsonRecord> {
  let parsed: unknown;
  try {
    parsed = yaml.trim() === '' ? {} : loadYaml(yaml);
  } catch (error) {
    return invalid(`is not valid YAML: ${messageOf(error)}`);
  }
  if (parsed === null || parsed === undefined) return valid({});
  if (!isRecord(parsed)) return invalid('must be a YAML mapping of chart values');
  const reserved = reservedIn(parsed);
  return reserved.length === 0
    ? valid(parsed)
    : invalid(...reserved.map((path) => `${path} is not allowed: the action sets it, as sign-in depends on it`));
}
