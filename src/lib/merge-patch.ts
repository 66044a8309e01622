import { isDeepStrictEqual } from 'node:util';
import { isRecord, type JsonRecord } from './json.ts';

/** The JSON merge patch (RFC 7396) that makes one object of another. Lists are replaced as a whole. */
export function mergePatch(from: JsonRecord, to: JsonRecord): JsonRecord {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  const entries = keys.flatMap((key): [string, unknown][] => {
    const [before, after] = [from[key], to[key]];
    if (isDeepStrictEqual(before, after)) return [];
    if (isRecord(before) && isRecord(after)) return [[key, mergePatch(before, after)]];
    return [[key, after ?? null]];
  });
  return Object.fromEntries(entries);
}
