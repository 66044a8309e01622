import { parseJson } from '../../../emulator/lib/json.ts';
import type { StepResult } from '../../../emulator/runner/runner.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const ADDRESS = /^https?:\/\/[\w.-]+(:\d+)?(\/[\w./~%-]*)?$/;
const BOOLEAN = /^(true|false)$/;

/** The form of each output that is not empty. */
const FORMS: Readonly<Record<string, RegExp>> = {
  'app-client-id': UUID,
  'app-object-id': UUID,
  'service-principal-object-id': UUID,
  'tenant-id': UUID,
  'issuer-url': ADDRESS,
  'key-vault-secret-id': /^https:\/\/[\w-]+\.vault\.[\w.]+\/secrets\/[\w-]+\/[0-9a-f]{32}$/,
  'secret-expires-on': DATE,
  'secret-rotated': BOOLEAN,
  'cluster-id': /^\/subscriptions\/[0-9a-f-]{36}(\/[\w.()-]+)+$/,
  'kubernetes-version': /^\d+\.\d+(\.\d+)?$/,
  'entra-changed': BOOLEAN,
  'release-revision': /^\d{1,9}$/,
  'headlamp-version': /^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]{1,40})?$/,
  url: ADDRESS,
  'redirect-uri': ADDRESS,
  changed: BOOLEAN,
};

/** Free text for people; only these may have line breaks. */
const TEXTS = new Set(['error', 'changes', 'values', 'page', 'result', 'results', 'clusters']);
const LISTS = new Set(['changes', 'result', 'results', 'clusters']);
const LINE_BREAK = /[\r\n\u0085\u2028\u2029]/;

export function outputProblems({ outputs }: Pick<StepResult, 'outputs'>): string[] {
  return Object.entries(outputs).flatMap(([name, value]) => {
    if (value === '') return [];
    const shown = `output ${name} is ${JSON.stringify(value.slice(0, 200))}`;
    if (LISTS.has(name)) return Array.isArray(parseJson(value)) ? [] : [`${shown}, which is no JSON list`];
    if (TEXTS.has(name)) return [];
    if (LINE_BREAK.test(value)) return [`${shown}, with a line break`];
    const form = FORMS[name];
    return form?.test(value) ? [] : [`${shown}, which is not of its form`];
  });
}
