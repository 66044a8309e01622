import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { differences, MISSING, type Service, type Shape, shapeOfAnswer } from '../__tests__/conformance/shape.ts';
import type { Json } from '../emulator/lib/json.ts';

/** An entry of a recording. */
export interface Exchange {
  readonly name: string;
  readonly request: { readonly method: string; readonly url: string };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Json;
  };
}

const SHAPES = join(import.meta.dirname, '../__tests__/conformance/shapes.json');

/** Azure's own services: what Kubernetes, GitHub and Helm's hosts answer is not compared. */
const SERVICES: readonly (readonly [RegExp, Service])[] = [
  [/^https:\/\/management\./, 'Resource Manager'],
  [/^https:\/\/[^/]*\.vault\./, 'Key Vault'],
  [/^https:\/\/(microsoft)?graph\./, 'Graph'],
  [/^https:\/\/login\./, 'Entra'],
];

/**
 * @returns a line for each way in which answers differ from the recordings that the conformance suite has of the same
 *   request, and for each request and error that it has none of
 */
export function compare(exchanges: readonly Exchange[]): readonly string[] {
  const shapes: readonly Shape[] = JSON.parse(readFileSync(SHAPES, 'utf8'));
  const lines = exchanges.flatMap((exchange) => {
    const { method, url } = exchange.request;
    const service = SERVICES.find(([pattern]) => pattern.test(url))?.[1];
    if (service === undefined) return [];
    const own = shapes.filter((shape) => shape.service === service);
    return compareOne(exchange, own).map((line) => `${service}: ${kindOf(method, url)}: ${line}`);
  });
  return [...new Set(lines)];
}

function compareOne({ request, response }: Exchange, shapes: readonly Shape[]): readonly string[] {
  const answer = shapeOfAnswer({ ...response, body: response.body ?? null });
  const kind = kindOf(request.method, request.url);
  // An error has one form whatever was asked for.
  const alike = shapes.filter((shape) =>
    answer.code === undefined ? isKind(shape, kind) && shape.code === undefined : shape.code === answer.code,
  );
  const same = alike.filter(({ status }) => status === null || status === answer.status);
  if (same.length === 0) {
    const what = answer.code === undefined ? `${answer.status}` : `${answer.status} ${answer.code}`;
    const known = [...new Set(alike.map(({ status }) => status))].join(', ');
    return [known === '' ? `${what}: not among the recordings` : `${what}: recorded with ${known}`];
  }
  // Those who select properties get no others.
  const isPartly = /[?&]\$select=/.test(request.url);
  const others = shapes.filter((shape) => placeOf(shape) === placeOf({ request: `${request.method} ${request.url}` }));
  return differences(together(same, others), answer, isPartly).filter(isOutermost);
}

const isKind = ({ request }: Pick<Shape, 'request'>, kind: string) => {
  const [method = '', url = ''] = request.split(' ');
  return kindOf(method, url) === kind;
};

/** What a request is for, whatever it does to it. */
const placeOf = ({ request }: Pick<Shape, 'request'>) => kindOf('', request.slice(request.indexOf(' ') + 1));

/**
 * What all of them say: each type that one of them has, and as missing only what none of them lacks.
 * @param others answers about the same to other requests: what they have is nothing new
 */
function together(shapes: readonly Shape[], others: readonly Shape[]): Shape {
  const [first] = shapes;
  if (first === undefined) throw new Error('There is no shape.');
  const paths = new Set([...shapes, ...others].flatMap(({ body }) => Object.keys(body)));
  const body = Object.fromEntries(
    [...paths].map((path) => {
      const types = [...shapes, ...others].flatMap((shape) => shape.body[path]?.split('|') ?? []);
      const isSometimes = shapes.some((shape) => shape.body[path] === undefined);
      return [path, [...new Set([...types, ...(isSometimes ? [MISSING] : [])])].join('|')];
    }),
  );
  return { ...first, recorded: shapes.some(({ recorded }) => recorded), body };
}

/** Of what is new or missing, not what is in it. */
function isOutermost(line: string, _: number, lines: readonly string[]): boolean {
  const [path = ''] = line.split(': ');
  return !lines.some((other) => /(recorded|answered)$/.test(other) && isInside(path, other.split(': ')[0] ?? ''));
}

const isInside = (path: string, outer: string) => path.startsWith(`${outer}.`) || path.startsWith(`${outer}[]`);

const NAMED =
  /\/(subscriptions|resourcegroups|managedclusters|vaults|deletedvaults|operations|operationresults|locations|commandresults|roleassignments|roledefinitions|applications|serviceprincipals|oauth2permissiongrants|deleteditems|federatedidentitycredentials|secrets|deletedsecrets)\/(?!microsoft\.)[^/]+/g;

/** The kind of a request: method and path, without host, names, and the scope of what is said of any scope. */
export function kindOf(method: string, url: string): string {
  const path = url
    .replace(/^https:\/\/[^/]*/, '')
    .replace(/\/?(\?.*)?$/, '')
    .toLowerCase();
  const place = path
    .replaceAll(NAMED, '/$1/{}')
    .replace(/^(\/secrets\/\{\})\/(?!versions|backup|recover)[^/]+$/, '$1/{}')
    .replace(/^\/[^/]+(?=\/oauth2\/)/, '/{}')
    .replaceAll(/\([^)]*\)/g, '/{}')
    .replace(/^.*(?=\/providers\/microsoft\.authorization\/)/, '…')
    .replace(/^\/beta\//, '/v1.0/');
  return `${method} ${place}`;
}
