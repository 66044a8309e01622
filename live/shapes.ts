/** One line of a recording. */
export interface Exchange {
  readonly request: { readonly method: string; readonly host: string; readonly path: string; readonly body?: unknown };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
  };
}

/** What is known of the answers to one kind of request: by status, each path of the body with its types. */
export type Shapes = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>>>;

/** The kind of a request: method, host and path without what differs from tenant to tenant. */
export function kindOf({ request: { method, host, path } }: Exchange): string {
  const [plain = '', query = ''] = path.split('?');
  const names = [...new URLSearchParams(query).keys()].sort();
  const place = plain
    .replaceAll(/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, '{id}')
    .replaceAll(/'[^']*'/g, "'{name}'")
    .replaceAll('<hex>', '{version}');
  return `${method} ${host} ${place.toLowerCase()}${names.length === 0 ? '' : `?${names.join('&')}`}`;
}

/** Each path of a body with its type; what users name (tags) counts as one. */
export function pathsOf(body: unknown, at = ''): readonly (readonly [string, string])[] {
  if (Array.isArray(body)) return [[at, 'array'], ...body.flatMap((item) => pathsOf(item, `${at}[]`))];
  if (typeof body !== 'object' || body === null)
    return [[at, body === null ? 'null' : body === undefined ? 'nothing' : typeof body]];
  const inner = Object.entries(body).flatMap(([key, value]) => pathsOf(value, `${at}.${/\.tags$/.test(at) ? '*' : key}`));
  return [[at, 'object'], ...inner];
}

/** Azure's own services: what Kubernetes, GitHub and Helm's hosts answer is not compared. */
const isCompared = ({ request: { host } }: Exchange) => /^(management|login|graph|microsoftgraph)\.|\.vault\./.test(host);

/** Stands beside the types of what only some of the answers have. */
const MISSING = 'missing';

export function learn(exchanges: readonly Exchange[]): Shapes {
  const shapes: Record<string, Record<string, Record<string, readonly string[]>>> = {};
  for (const exchange of exchanges.filter(isCompared)) {
    const kind = kindOf(exchange);
    const status = String(exchange.response.status);
    const byStatus = shapes[kind] ?? {};
    byStatus[status] = merged(byStatus[status], pathsOf(exchange.response.body));
    shapes[kind] = byStatus;
  }
  return shapes;
}

function merged(
  known: Readonly<Record<string, readonly string[]>> | undefined,
  found: readonly (readonly [string, string])[],
): Record<string, readonly string[]> {
  const present = new Set(found.map(([path]) => path));
  const all = new Set([...Object.keys(known ?? {}), ...present]);
  return Object.fromEntries(
    [...all].sort().map((path) => {
      const types = found.filter(([own]) => own === path).map(([, type]) => type);
      const isPartly = known !== undefined && (known[path] === undefined || !present.has(path));
      return [path, [...new Set([...(known?.[path] ?? []), ...types, ...(isPartly ? [MISSING] : [])])].sort()];
    }),
  );
}

/** What was answered otherwise than it is known, one line each. */
export function differences(exchanges: readonly Exchange[], known: Shapes): readonly string[] {
  return [...new Set(exchanges.filter(isCompared).flatMap((exchange) => differencesOf(exchange, known)))];
}

function differencesOf(exchange: Exchange, known: Shapes): readonly string[] {
  const kind = kindOf(exchange);
  const byStatus = known[kind];
  if (byStatus === undefined) return [`${kind}: a request that is not known`];
  const { status, body } = exchange.response;
  const paths = byStatus[String(status)];
  if (paths === undefined) return [`${kind}: status ${status}, known are ${Object.keys(byStatus).join(', ')}${codeOf(body)}`];
  const found = pathsOf(body);
  const line = (what: string) => `${kind}: ${status}: ${what}`;
  const present = new Set(found.map(([path]) => path));
  return [
    ...found.flatMap(([path, type]) => {
      const types = paths[path];
      if (types === undefined) return [line(`${path} (${type}) is not known`)];
      return types.includes(type) ? [] : [line(`${path} is ${type}, known is ${types.join(' or ')}`)];
    }),
    ...Object.entries(paths)
      .filter(([path, types]) => !types.includes(MISSING) && isOwn(path, present))
      .map(([path]) => line(`${path} is missing`)),
  ];
}

/** A path counts as missing only if what holds it is there, and is no item of a list that may be empty. */
function isOwn(path: string, present: ReadonlySet<string>): boolean {
  const parent = path.slice(0, Math.max(path.lastIndexOf('.'), path.lastIndexOf('[]'), 0));
  return !present.has(path) && !path.endsWith('[]') && !path.endsWith('.*') && present.has(parent);
}

function codeOf(body: unknown): string {
  const text = JSON.stringify(body) ?? '';
  const code = /"(?:code|error)":"([^"]+)"/.exec(text)?.[1];
  return code === undefined ? '' : ` (${code})`;
}
