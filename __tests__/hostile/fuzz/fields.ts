import { gunzipSync, gzipSync } from 'node:zlib';
import { dump, loadAll } from 'js-yaml';
import { type Json, parseJson } from '../../../emulator/lib/json.ts';
import type { Answer, Exchange } from '../../../emulator/server/exchange.ts';
import {
  changeTexts,
  type FieldPath,
  jsonOf,
  textFields,
  titleOfField,
  withJson,
} from '../../../emulator/server/json-fields.ts';

/** One place for hostile text in what services answer. */
export interface Field {
  /** Method, service and path, without ids. */
  readonly request: string;
  readonly status: number;
  readonly part: 'body' | 'helm record' | 'header' | 'failure';
  /** In the body or the record; for a header its name; for a failure the status that takes the answer's place. */
  readonly path: FieldPath;
}

export const titleOf = ({ request, status, part, path }: Field) =>
  `${request} ${status} ${part === 'body' ? '' : `${part} `}${titleOfField(path)}`;

/** Replaces what differs between runs and worlds. */
export function requestOf({ method, url }: Exchange): string {
  const host = url.hostname.endsWith('.azmk8s.io') ? 'kubernetes' : url.hostname;
  const path = url.pathname
    .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')
    .replace(/[0-9a-f]{32}/g, 'ID')
    .replace(/\.v\d+$/, '.vN')
    .replace(/\/subscriptions\/ID\/resourceGroups\/[^/]+\/providers/i, '…');
  return `${method} ${host}${path}`;
}

/** Statuses that a hostile service refuses with, one for each kind of request in turn. */
const FAILURES = ['400', '403', '409', '500'];
/** Parts of a record that nobody reads. */
const UNREAD = /^(chart\.(files|templates|schema|values|lock)|hooks)/;
const TRANSPORT = /^(content-|transfer-|date|connection|cache-control)/;

/** All fields of an answer. */
export function fieldsOf(exchange: Exchange, answer: Answer): readonly Field[] {
  const { status } = answer;
  const request = requestOf(exchange);
  const body = bodyOf(answer);
  const record = status === 200 ? recordIn(body) : undefined;
  const headers = Object.keys(answer.headers ?? {}).filter((name) => !TRANSPORT.test(name.toLowerCase()));
  return [
    ...(body === undefined ? [] : textFields(body)).map((path) => ({ request, status, part: 'body', path }) as const),
    ...(record === undefined ? [] : textFields(record))
      .filter((path) => !UNREAD.test(path.join('.')))
      .map((path) => ({ request, status, part: 'helm record', path }) as const),
    ...headers.map((name) => ({ request, status, part: 'header', path: [name] }) as const),
    ...FAILURES.map((code) => ({ request, status, part: 'failure', path: [code] }) as const),
  ];
}

/** The answer with another text in the field. */
export function withField(answer: Answer, { part, path }: Field, change: (text: string) => string): Answer {
  const body = bodyOf(answer);
  if (part === 'header') {
    const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => [
      name,
      name === path[0] ? change(value) : value,
    ]);
    return { ...answer, headers: Object.fromEntries(headers) };
  }
  if (body === undefined) return answer;
  if (part === 'helm record') return withJson(answer, changeRecords(body, path, change));
  const changed = changeTexts(body, path, change);
  return typeof body === 'string' ? { ...answer, body: String(changed) } : withJson(answer, changed);
}

/** JSON, or a text as a whole. */
function bodyOf(answer: Answer): Json | undefined {
  const json = jsonOf(answer);
  if (json !== undefined) return json;
  return typeof answer.body === 'string' ? answer.body : undefined;
}

const RELEASES: FieldPath = ['items', '[]', 'data', 'release'];

/** The first of Helm's records in a list of Secrets, with its manifest as objects. */
function recordIn(body: Json | undefined): Json | undefined {
  const found: Json[] = [];
  if (body !== undefined)
    changeTexts(body, RELEASES, (text) => {
      const record = decode(text);
      if (record !== undefined) found.push(record);
      return text;
    });
  return found[0];
}

function changeRecords(body: Json, path: FieldPath, change: (text: string) => string): Json {
  return changeTexts(body, RELEASES, (text) => {
    const record = decode(text);
    return record === undefined ? text : encode(changeTexts(record, path, change));
  });
}

function decode(text: string): Json | undefined {
  try {
    const record = parseJson(gunzipSync(Buffer.from(Buffer.from(text, 'base64').toString(), 'base64')).toString());
    if (record === undefined) return undefined;
    return changeTexts(record, ['manifest'], (manifest) => {
      const objects: Json = JSON.parse(JSON.stringify(loadAll(manifest).filter(Boolean)));
      return objects;
    });
  } catch {
    return undefined;
  }
}

function encode(record: Json): string {
  const whole = { ...(record as Readonly<Record<string, Json>>) };
  const objects = Array.isArray(whole['manifest']) ? whole['manifest'] : [];
  const manifest = objects.map((one) => dump(one)).join('---\n');
  return Buffer.from(gzipSync(JSON.stringify({ ...whole, manifest })).toString('base64')).toString('base64');
}
