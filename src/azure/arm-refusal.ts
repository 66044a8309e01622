import { RestError } from '@azure/core-rest-pipeline';
import { refusedBody } from '../http/refused-body.ts';
import { messageOf } from '../lib/errors.ts';
import { isRecord, listAt, parseJson, stringAt } from '../lib/json.ts';
import { shortened } from '../lib/text.ts';
import { ARM_CODES, ARM_WORDS, type ArmMeaning } from './arm-codes.ts';

/** What Azure said when it refused a request or failed an operation, as far as it is an answer. */
export interface ArmRefusal {
  readonly status: number | undefined;
  /** The code that tells the cause: the outermost known one, otherwise the outermost. */
  readonly code: string | undefined;
  readonly message: string;
  /** Undefined for a code that this action does not know. */
  readonly meaning: ArmMeaning | undefined;
}

interface Said {
  readonly code: string;
  readonly message: string;
}

/** How much of a message is shown. */
const LONGEST = 800;

export function armRefusalIn(error: unknown): ArmRefusal {
  const found = saidIn(error);
  const known = found.find((said) => meaningOf(said) !== undefined);
  const said = known ?? found[0];
  return {
    status: error instanceof RestError ? error.statusCode : undefined,
    code: said?.code,
    message: said?.message ?? messageOf(error),
    meaning: known && meaningOf(known),
  };
}

/** The message with its code, unless the message says it, too. */
export function wordsOf({ code, message }: ArmRefusal): string {
  const text = shortened(message, LONGEST);
  return code === undefined || text.includes(code) ? text : `${code}: ${text}`;
}

function meaningOf({ code, message }: Said): ArmMeaning | undefined {
  if (Object.hasOwn(ARM_CODES, code)) return ARM_CODES[code];
  return ARM_WORDS.find(([codes, words]) => codes.test(code) && words.test(message))?.[2];
}

/** Code and message of the answer, then those of its details: templates and operations put the cause there. */
function saidIn(error: unknown): readonly Said[] {
  if (!(error instanceof Error)) return [];
  const text = error.message;
  const [, code = '', message = ''] = /operation has failed\. (\w+)\. ([\s\S]*)/.exec(text) ?? [];
  if (code !== '') return [{ code, message }, ...inText(message)];
  if (!(error instanceof RestError)) return [];
  const own = error.code === undefined || error.statusCode === undefined ? [] : [{ code: error.code, message: text }];
  return [...own.map((said) => readable(said)), ...inBody(refusedBody(error) ?? error.details), ...inText(text)];
}

/** Some clients put the whole answer into the message. */
function readable({ code, message }: Said): Said {
  const [inner] = inText(message);
  return inner ? { code, message: inner.message } : { code, message };
}

function inBody(body: unknown): readonly Said[] {
  const outer = isRecord(body) && isRecord(body['error']) ? body['error'] : body;
  const [code, message] = [stringAt(outer, 'code'), stringAt(outer, 'message') ?? ''];
  return [
    ...(code === undefined ? [] : [{ code, message }]),
    ...[...listAt(outer, 'details'), ...listAt(outer, 'error', 'details')].flatMap(inBody),
    ...inText(message),
  ];
}

/** JSON inside a message: "Provisioning of resource(s) … failed. Message: {…}". */
function inText(text: string): readonly Said[] {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  const body = start === -1 || end < start ? undefined : parseJson(text.slice(start, end + 1));
  return isRecord(body) ? inBody(body) : [];
}
