import { UUID } from '../lib/uuid.ts';
import { invalid, type Parsed, type Parser, valid } from './parsed.ts';

export const uuid: Parser<string> = (text) => {
  const lower = text.toLowerCase();
  return UUID.test(lower) ? valid(lower) : invalid(`"${text}" is not a UUID`);
};

export const text: Parser<string> = (value) => valid(value);

/** A name that has to match a pattern; `rule` says it in words, with the limits of the service that owns the name. */
export const name =
  (pattern: RegExp, rule: string): Parser<string> =>
  (value) =>
    pattern.test(value) ? valid(value) : invalid(`"${value}" is not allowed: ${rule}`);

export const oneOf =
  <const Choice extends string>(...choices: Choice[]): Parser<Choice> =>
  (value) => {
    const choice = choices.find((candidate) => candidate === value);
    return choice === undefined ? invalid(`"${value}" is not one of ${choices.join(', ')}`) : valid(choice);
  };

/** Booleans as YAML 1.2's core schema and @actions/core read them. */
export const bool: Parser<boolean> = (value) => {
  if (/^(true|True|TRUE)$/.test(value)) return valid(true);
  if (/^(false|False|FALSE)$/.test(value)) return valid(false);
  return invalid(`"${value}" is not true or false`);
};

/** Items separated by commas, blanks or line ends; empty ones are dropped, repeated ones kept once. */
export const listOf =
  <T>(parser: Parser<T>): Parser<readonly T[]> =>
  (value) => {
    const items = value.split(/[\s,]+/).filter((item) => item !== '');
    const parsed = items.map(parser);
    const problems = parsed.flatMap((item) => (item.ok ? [] : item.problems));
    if (problems.length > 0) return invalid(...problems);
    return valid([...new Set(parsed.flatMap((item) => (item.ok ? [item.value] : [])))]);
  };

/** Lines, for values that may hold blanks or commas themselves, such as paths. */
export function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Entra takes http only for localhost; everything else has to be https, without query, fragment or wildcard.
 * https://learn.microsoft.com/entra/identity-platform/reply-url */
const webAddress = (value: string): Parsed<URL> => {
  if (!URL.canParse(value)) return invalid(`"${value}" is not a URL`);
  const url = new URL(value);
  const local = url.protocol === 'http:' && url.hostname === 'localhost';
  if (url.protocol !== 'https:' && !local) {
    return invalid(`"${value}" must start with https:// (Entra accepts http:// only for localhost)`);
  }
  if (url.search !== '' || url.hash !== '' || url.username !== '' || value.includes('*')) {
    return invalid(`"${value}" must not have a query, a fragment, a user name or a wildcard`);
  }
  return valid(url);
};

/** Where people open Headlamp, without a trailing slash. */
export const baseUrl: Parser<string> = (value) => {
  const parsed = webAddress(value);
  return parsed.ok ? valid(`${parsed.value.origin}${parsed.value.pathname.replace(/\/+$/, '')}`) : parsed;
};

/** A redirect URI exactly as given: Entra compares it letter by letter. */
export const redirectUri: Parser<string> = (value) => {
  const parsed = webAddress(value);
  if (!parsed.ok) return parsed;
  return value.length <= 256 ? valid(value) : invalid(`"${value}" is longer than 256 characters, Entra's limit`);
};

export const quantity =
  <T>(parse: (value: string) => T | undefined, form: string): Parser<T> =>
  (value) => {
    const parsed = parse(value);
    return parsed === undefined ? invalid(`"${value}" is not ${form}`) : valid(parsed);
  };
