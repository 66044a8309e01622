/**
 * Derives the shapes of recorded answers of Azure for __tests__/conformance: status, telling headers, property paths with
 * their types, codes of errors. node scripts/derive-shapes.ts FOLDER
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Service, type Shape, shapeOfAnswer } from '../__tests__/conformance/shape.ts';
import { at, isObject, type Json, type JsonObject, list, stringMap, text } from '../emulator/lib/json.ts';

/** Each file of recordings with the service that answered; live.json is what a live run recorded. */
const FILES: Readonly<Record<string, Service | undefined>> = {
  aks: 'Resource Manager',
  keyvault: 'Key Vault',
  vaults: 'Resource Manager',
  authorization: 'Resource Manager',
  graph: 'Graph',
  entra: 'Entra',
  errors: undefined,
  live: undefined,
};

function shapeOf(file: string, entry: JsonObject): readonly Shape[] {
  const answer = file === 'errors' ? entry : at(entry, 'response');
  const status = at(answer, 'status');
  const seen = text(entry, 'seen');
  // What was looked for in vain, and rules, are no answers.
  if (!isObject(answer) || seen === 'not found' || (at(answer, 'body') === undefined && status === undefined))
    return [];
  if (file !== 'errors' && !text(entry, 'request', 'method')) return [];
  const name =
    text(entry, 'name') ?? [text(entry, 'code'), text(entry, 'inner'), text(entry, 'when')].filter(Boolean).join(', ');
  const url = text(entry, 'request', 'url') ?? text(entry, 'request', 'path') ?? '';
  const headers = Object.fromEntries(
    Object.entries(stringMap(answer, 'headers')).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const shape = shapeOfAnswer({
    status: typeof status === 'number' ? status : null,
    headers,
    body: at(answer, 'body') ?? null,
  });
  const code = shape.code ?? text(entry, 'code');
  const inner = shape.inner ?? text(entry, 'inner');
  return [
    {
      ...shape,
      name: `${file}: ${name}`,
      service: FILES[file] ?? serviceOf(text(entry, 'service') ?? url),
      // Recordings of azure-cli have a date, examples of the specifications have none.
      recorded: seen === undefined ? at(entry, 'date') !== null : seen === 'recorded',
      request: `${text(entry, 'request', 'method') ?? ''} ${url.replace(/\?.*/, '')}`.trim(),
      ...(code !== undefined && { code }),
      ...(inner !== undefined && { inner }),
    },
  ];
}

function serviceOf(named: string): Service {
  if (/Key Vault|\.vault\./.test(named)) return 'Key Vault';
  if (/graph/i.test(named)) return 'Graph';
  return /login/.test(named) ? 'Entra' : 'Resource Manager';
}

const folder = process.argv[2];
if (folder === undefined) throw new Error('Give the folder of the recordings.');
const shapes = Object.keys(FILES).flatMap((file) => {
  const path = join(folder, `${file}.json`);
  const entries: Json = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : [];
  return list(entries).flatMap((entry) => (isObject(entry) ? shapeOf(file, entry) : []));
});
const lines = shapes.map((shape) => JSON.stringify(shape));
writeFileSync(join(import.meta.dirname, '../__tests__/conformance/shapes.json'), `[\n${lines.join(',\n')}\n]\n`);
console.log(`${shapes.length} shapes`);
