// Derives the shapes of recorded answers of Azure for __tests__/conformance: status, telling headers, property paths with
// their types, codes of errors. node scripts/derive-shapes.mjs FOLDER
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILES = ['aks', 'keyvault', 'vaults', 'authorization', 'graph'];
const TELLING = ['azure-asyncoperation', 'location', 'retry-after', 'www-authenticate', 'x-ms-failure-cause'];

const typeOf = (value) => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value);

/** Types by path; an entry of a list has the path `list[]`. */
export function shapeOf(body, path = '', shape = {}) {
  if (path !== '') {
    const known = shape[path]?.split('|') ?? [];
    shape[path] = [...new Set([...known, typeOf(body)])].sort().join('|');
  }
  if (Array.isArray(body)) for (const entry of body) shapeOf(entry, `${path}[]`, shape);
  else if (body !== null && typeof body === 'object')
    for (const [name, value] of Object.entries(body)) shapeOf(value, path === '' ? name : `${path}.${name}`, shape);
  return shape;
}

/** @returns what a test compares of an answer */
export function answerShape({ status, headers = {}, body }) {
  const names = Object.keys(headers ?? {}).map((name) => name.toLowerCase());
  const error = body?.error ?? body;
  return {
    status,
    headers: TELLING.filter((name) => names.includes(name)),
    ...(status >= 400 && { code: error?.code, wrapped: body?.error !== undefined }),
    body: body !== null && typeof body === 'object' ? shapeOf(body) : {},
  };
}

const folder = process.argv[2];
if (folder !== undefined && import.meta.filename === process.argv[1]) {
  const shapes = FILES.flatMap((file) =>
    JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8'))
      .filter(({ request, response }) => request?.method && typeof response?.status === 'number')
      .map(({ name, date, seen, request, response }) => ({
        name: `${file}: ${name}`,
        recorded: seen === undefined ? date !== null : seen === 'recorded',
        request: `${request.method} ${(request.path ?? request.url).replace(/\?.*/, '')}`,
        ...answerShape(response),
      })),
  );
  const lines = shapes.map((shape) => JSON.stringify(shape));
  writeFileSync(join(import.meta.dirname, '../__tests__/conformance/shapes.json'), `[\n${lines.join(',\n')}\n]\n`);
}
