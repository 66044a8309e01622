import { createHmac } from 'node:crypto';
import { BETWEEN_WORDS, bare, knownWords } from './words.ts';

/** Leaves of an exchange what is Azure's, and takes out what is the tenant's: names, ids, addresses, tokens, secrets. */
export interface Sanitizer {
  text(value: string): string;
  json(value: unknown): unknown;
}

export interface SanitizerOptions {
  /** Names of the tenant's with what stands for each, such as that of the resource group. */
  readonly names: Readonly<Record<string, string>>;
  /** Random, and the same for all processes of a recording: one id gets one placeholder, which nobody can lead back. */
  readonly salt: string;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

/** The same in all tenants: Microsoft Graph, the AKS server application, none. */
const SHARED_IDS = new Set([
  '00000003-0000-0000-c000-000000000000',
  '6dae42f8-4368-4678-94ff-3960e28e3630',
  '00000000-0000-0000-0000-000000000000',
]);

/** A client secret may be made of known words, if nobody chose it at random; so may what a command printed. */
const SECRET_KEYS = /^(secretText|hint|.*_token|client_secret|client_assertion|.*token|value|logs|command|context)$/i;

/** Properties whose own properties are named by people. */
const NAMED_BY_PEOPLE = /^(tags|nodeLabels|labels|annotations|userAssignedIdentities)$/i;

/** How Azure's schemas name a property; an id, a host or an address has digits, hyphens or dots. */
const PROPERTY = /^(@odata\.|)[A-Za-z_]{1,60}(@odata\.[A-Za-z]+)?$/;

const NUMBER = /^v?\d{1,4}(\.\d{1,4}){0,2}$/;
const DATE = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?/g;
/** What is left of a date, word by word. */
const ZEROS = /^[0tz.+-]+$/;
const PLACEHOLDER = /^00000000-0000-4000-8000-[0-9a-f]{12}$/;

export const UNKNOWN = '<text>';

export function createSanitizer({ names, salt }: SanitizerOptions): Sanitizer {
  const known = knownWords();
  const standIns = new Map(Object.entries(names).map(([name, standIn]) => [name.toLowerCase(), standIn]));
  const placeholder = (id: string) => {
    const lower = id.toLowerCase();
    const digits = createHmac('sha256', salt).update(lower).digest('hex').slice(0, 12);
    return SHARED_IDS.has(lower) ? lower : `00000000-0000-4000-8000-${digits}`;
  };
  const word = (value: string): string => {
    const lower = bare(value);
    const [host = '', ...domain] = lower.split('.');
    const standIn = standIns.get(lower) ?? standIns.get(host);
    if (standIn !== undefined && domain.every((label) => known.has(label)))
      return value.toLowerCase().replace(standIns.has(lower) ? lower : host, standIn);
    const isId = PLACEHOLDER.test(lower) || SHARED_IDS.has(lower);
    const isKnown = known.has(lower) && !lower.includes('@') && !/[0-9a-f]{8}-/.test(lower);
    const isOpen = lower === '' || isId || isKnown || NUMBER.test(lower) || ZEROS.test(lower);
    return isOpen ? value : UNKNOWN;
  };
  const text = (value: string): string =>
    value
      .replaceAll(UUID, placeholder)
      .replaceAll(DATE, (date) => date.replaceAll(/\d/g, '0'))
      .split(BETWEEN_WORDS)
      .map((part, index) => (index % 2 === 1 ? part : word(part)))
      .join('');
  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    // Times, and whatever else could be told from others by its number.
    if (typeof value === 'number') return Math.abs(value) < 100_000 ? value : 0;
    if (Array.isArray(value)) return value.map(json);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => property(key, inner)));
  };
  const property = (key: string, inner: unknown): readonly [string, unknown] => {
    const name = PROPERTY.test(key) ? key : text(key);
    if (typeof inner === 'string' && SECRET_KEYS.test(key)) return [name, '<secret>'];
    if (NAMED_BY_PEOPLE.test(key) && typeof inner === 'object' && inner !== null && !Array.isArray(inner))
      return [name, Object.fromEntries(Object.values(inner).map((value, index) => [`name${index + 1}`, json(value)]))];
    return [name, json(inner)];
  };
  return { text, json };
}
