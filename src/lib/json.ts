/** A JSON object from outside. Its values have no type until they are checked. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of keys, or undefined as soon as one is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

export function stringAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : undefined;
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function stringsAt(value: unknown, ...path: readonly string[]): readonly string[] {
  return listAt(value, ...path).filter((item) => typeof item === 'string');
}

/** A moment as services write it: 2026-03-01T00:00:00Z. */
export function dateIn(text: string | undefined): Date | undefined {
  const date = new Date(/^\d{4}-\d\d-\d\dT/.test(text ?? '') ? (text ?? '') : Number.NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** JSON in one line for every reader: some take characters of Unicode for line ends, which JSON itself does not. */
export const jsonLine = (value: unknown): string => escapedJson(value, /[\u0085\u2028\u2029]/g);

/** JSON in ASCII, so that its length is in bytes, too. */
export const asciiJson = (value: unknown): string => escapedJson(value, /[^ -~]/g);

const escapedJson = (value: unknown, characters: RegExp) =>
  JSON.stringify(value).replaceAll(
    characters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** @returns undefined if the text is not JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
