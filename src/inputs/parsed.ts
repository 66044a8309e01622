/** A parsed input: its value, or what is wrong with it. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: string[] };

export type Parser<T> = (text: string) => Parsed<T>;

export const valid = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const invalid = (...problems: string[]): Parsed<never> => ({ ok: false, problems });

/** The same, with what each problem is about. */
export const labelled = <T>(label: string, parsed: Parsed<T>): Parsed<T> =>
  parsed.ok ? parsed : invalid(...parsed.problems.map((problem) => `${label}: ${problem}`));

type Values<Fields> = { readonly [Name in keyof Fields]: Fields[Name] extends Parsed<infer T> ? T : never };

/** Combines fields into one record, or all their problems into one list, so that a user sees every mistake at once. */
export function all<Fields extends Record<string, Parsed<unknown>>>(fields: Fields): Parsed<Values<Fields>> {
  const problems = Object.values(fields).flatMap((field) => (field.ok ? [] : field.problems));
  if (problems.length > 0) return invalid(...problems);
  const entries = Object.entries(fields).map(([name, field]) => [name, field.ok ? field.value : undefined]);
  // Every field is ok here, so each name has the value of its own type.
  return valid(Object.fromEntries(entries) as Values<Fields>);
}
