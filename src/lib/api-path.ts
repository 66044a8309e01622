/**
 * The path of a request. Only the template below creates one, so a value from outside is always a single segment.
 * Others may have written the ids and names in answers, Helm's records and tags.
 */
export class ApiPath {
  readonly #text: string;

  constructor(strings: TemplateStringsArray, values: readonly (string | number | ApiPath)[]) {
    this.#text = String.raw(
      { raw: strings },
      ...values.map((value) => (value instanceof ApiPath ? value.#text : segment(String(value)))),
    );
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * path`/applications/${id}/owners`: each value is encoded as one segment, or is a path itself.
 * @throws Error for a value that would be no segment (empty, a dot, two dots) or would end a quoted key
 */
export const path = (strings: TemplateStringsArray, ...values: readonly (string | number | ApiPath)[]): ApiPath =>
  new ApiPath(strings, values);

/** Colons are usual in names of RBAC objects and in the API server's proxy, and mean nothing within a path. */
function segment(value: string): string {
  if (/^\.{0,2}$/.test(value) || value.includes("'"))
    throw new Error(`${JSON.stringify(value)} cannot be part of a path`);
  return encodeURIComponent(value).replaceAll('%3A', ':');
}

/** A path with its query, each value encoded. */
export function withQuery(target: ApiPath, query: Readonly<Record<string, string>> = {}): string {
  const parts = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return parts.length === 0 ? String(target) : `${target}?${parts.join('&')}`;
}
