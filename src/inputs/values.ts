import { mergeValues, reservedIn } from '../helm/values.ts';
import { messageOf } from '../lib/errors.ts';
import { at, isRecord, type JsonRecord } from '../lib/json.ts';
import { loadDocument, loadYaml } from '../lib/yaml.ts';
import { invalid, labelled, type Parsed, valid } from './parsed.ts';

/** Reads a file in the workspace. */
export type ReadFile = (path: string) => string;

/**
 * The user's chart values: files in their order, overridden by `values`.
 * @returns the merged values, or the problems of all sources, including reserved values
 */
export function parseUserValues(inline: string, files: readonly string[], readFile: ReadFile): Parsed<JsonRecord> {
  const sources = [...files.map((path) => fromFile(path, readFile)), labelled('values', parseYaml(inline, loadInline))];
  const problems = sources.flatMap((source) => (source.ok ? [] : source.problems));
  if (problems.length > 0) return invalid(...problems);
  return valid(
    sources.reduce<JsonRecord>((merged, source) => (source.ok ? mergeValues(merged, source.value) : merged), {}),
  );
}

const MISSING = ' (one path per line; the job needs a step with actions/checkout before this one)';

function fromFile(path: string, readFile: ReadFile): Parsed<JsonRecord> {
  try {
    return labelled(`values-files: ${path}`, parseYaml(readFile(path), loadDocument));
  } catch (error) {
    const hint = at(error, 'code') === 'ENOENT' ? MISSING : '';
    return invalid(`values-files: ${path} cannot be read: ${messageOf(error)}${hint}`);
  }
}

function loadInline(yaml: string): unknown {
  try {
    return loadYaml(yaml);
  } catch (error) {
    throw new Error(`is not valid YAML: ${messageOf(error)}`);
  }
}

function parseYaml(yaml: string, load: (yaml: string) => unknown): Parsed<JsonRecord> {
  let parsed: unknown;
  try {
    parsed = yaml.trim() === '' ? {} : load(yaml);
  } catch (error) {
    return invalid(messageOf(error));
  }
  if (parsed === null || parsed === undefined) return valid({});
  if (!isRecord(parsed)) return invalid('must be a YAML mapping of chart values');
  const reserved = reservedIn(parsed);
  return reserved.length === 0
    ? valid(parsed)
    : invalid(...reserved.map((path) => `${path} is not allowed: the action sets it, as sign-in depends on it`));
}
