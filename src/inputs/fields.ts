import { UUID } from '../lib/uuid.ts';
import { invalid, type Parsed, type Parser, valid } from './parsed.ts';

export const uuid: Parser<string> = (text) => {
  const lower = text.toLowerCase();
  return UUID.test(lower)
    ? valid(lower)
    : invalid(`"${text}" is not a UUID such as 11111111-2222-3333-4444-555555555555`);
};

/** Object IDs of groups, separated as action.yml says. A name with spaces would be one problem for each word. */
export const groupIds: Parser<readonly string[]> = (value) => {
  const ids = listOf(uuid)(value);
  if (ids.ok) return ids;
  return invalid(`${ids.problems[0]}; separate object IDs of groups by commas or newlines`);
};

export const text: Parser<string> = (value) => valid(value);

/** A name that must match a pattern; `rule` describes the pattern, with the limits that the service sets. */
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

/** One of several words in whatever case, as azure/login takes its inputs, or another name of one. */
export const anyCase =
  <const Choice extends string>(...accepted: readonly (Choice | Readonly<Record<string, Choice>>)[]): Parser<Choice> =>
  (value) => {
    const lower = value.toLowerCase();
    const choices = accepted.filter((entry) => typeof entry === 'string');
    const renamed = accepted.flatMap((entry) => (typeof entry === 'object' ? Object.entries(entry) : []));
    const found =
      choices.find((choice) => choice.toLowerCase() === lower) ?? renamed.find(([other]) => other === lower)?.[1];
    return found === undefined ? invalid(`"${value}" is not one of ${choices.join(', ')}`) : valid(found);
  };

/** Booleans as in YAML 1.2's core schema and @actions/core. */
export const bool: Parser<boolean> = (value) => {
  if (/^(true|True|TRUE)$/.test(value)) return valid(true);
  if (/^(false|False|FALSE)$/.test(value)) return valid(false);
  return invalid(`"${value}" is not true or false`);
};

/** Items separated by commas, spaces or line breaks, without empty and repeated ones. */
export const listOf =
  <T>(parser: Parser<T>): Parser<readonly T[]> =>
  (value) => {
    const items = value.split(/[\s,]+/).filter((item) => item !== '');
    const parsed = items.map(parser);
    const problems = parsed.flatMap((item) => (item.ok ? [] : item.problems));
    if (problems.length > 0) return invalid(...problems);
    return valid([...new Set(parsed.flatMap((item) => (item.ok ? [item.value] : [])))]);
  };

/** Lines, for values that may contain spaces or commas, such as paths. */
export function linesOf(value: string): string[] {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Entra accepts http only for localhost; anything else must be https, without query, fragment or wildcard.
 * https://learn.microsoft.com/entra/identity-platform/reply-url */
const webAddress = (value: string): Parsed<URL> => {
  if (!URL.canParse(value)) return invalid(`"${value}" is not a URL such as https://headlamp.contoso.com`);
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
  if (!parsed.ok) return parsed;
  const { origin, pathname } = parsed.value;
  if (!fitsIntoPaths(pathname)) return invalid(`"${value}" must not have a quote or a wrong %-escape in its path`);
  const base = `${origin}${pathname.replace(/\/+$/, '')}`;
  return base.endsWith(CALLBACK) ? invalid(`"${value}" is a redirect URI: leave out ${CALLBACK}`) : valid(base);
};

/** Headlamp's path for Entra's answer. */
export const CALLBACK = '/oidc-callback';

/** The verification puts it into a path of the Kubernetes API. */
function fitsIntoPaths(pathname: string): boolean {
  try {
    return !decodeURIComponent(pathname).includes("'");
  } catch {
    return false;
  }
}

/** A redirect URI exactly as given, because Entra requires an exact match. */
export const redirectUri: Parser<string> = (value) => {
  const parsed = webAddress(value);
  if (!parsed.ok) return parsed;
  return value.length <= 256 ? valid(value) : invalid(`"${value}" is longer than 256 characters, Entra's limit`);
};

/** A whole number from 1 to `most`. */
export const countUpTo =
  (most: number): Parser<number> =>
  (value) => {
    const count = /^\d{1,5}$/.test(value) ? Number(value) : 0;
    return count >= 1 && count <= most ? valid(count) : invalid(`"${value}" is not a number from 1 to ${most}`);
  };

export const quantity =
  <T>(parse: (value: string) => T | undefined, form: string): Parser<T> =>
  (value) => {
    const parsed = parse(value);
    return parsed === undefined ? invalid(`"${value}" is not ${form}`) : valid(parsed);
  };
