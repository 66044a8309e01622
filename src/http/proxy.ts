import { BlockList, isIP } from 'node:net';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a request, by HTTPS_PROXY and NO_PROXY as Go and curl read them, so that the action, helm and the other
 * steps of a job reach the same hosts directly. The names in lower case take precedence.
 * https://pkg.go.dev/golang.org/x/net/http/httpproxy, https://curl.se/docs/manpage.html#NOPROXY
 */
export function proxyFor(address: string, environment: Environment): string | undefined {
  const url = new URL(address);
  const proxy = setting(environment, url.protocol === 'http:' ? 'http_proxy' : 'https_proxy');
  if (proxy === undefined || isDirect(url, setting(environment, 'no_proxy') ?? '')) return undefined;
  return new URL(withScheme(proxy)).href;
}

const withScheme = (proxy: string) => (/^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);

/**
 * To be called before the SDKs read the variables.
 * @throws ActionError invalid-inputs, if one is no address of a proxy
 */
export function assertProxies(environment: Environment): void {
  const wrong = Object.entries(environment).find(
    ([name, value]) => PROXIES.test(name) && value && !URL.canParse(withScheme(value)),
  );
  if (wrong) throw noAddress(wrong[0]);
}

/** It may have a password, so nothing of it is quoted. */
function noAddress(variable: string): ActionError {
  return new ActionError({
    id: 'invalid-inputs',
    what: `The environment variable ${variable} is not the address of a proxy`,
    why: 'It cannot be read as a URL',
    fix: fix`set it to an address such as http://proxy.example:3128, with special characters of a password encoded (%40 for @), or unset it.`,
  });
}

/** The same for a program that is written in Go: both spellings of the names, and items between commas. */
export function proxyVariables(environment: Environment): Readonly<Record<string, string>> {
  const names = ['http_proxy', 'https_proxy', 'no_proxy'] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = setting(environment, name);
      if (value === undefined) return [];
      const read = name === 'no_proxy' ? itemsOf(value).join(',') : value;
      return [
        [name, read],
        [name.toUpperCase(), read],
      ];
    }),
  );
}

function setting(environment: Environment, name: string): string | undefined {
  return [environment[name], environment[name.toUpperCase()]].find((value) => value !== undefined && value !== '');
}

const PROXIES = /^(https?|all)_proxy$/i;

/** The passwords in the addresses of proxies, as they stand there and decoded: programs quote an address that is wrong. */
export function proxyPasswords(environment: Environment): readonly string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const password = PROXIES.test(name) ? /^(?:[^/]*:\/\/)?[^/@:]*:(.+)@/.exec(value)?.[1] : undefined;
    return password === undefined ? [] : [password, decoded(password)];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const itemsOf = (noProxy: string) => noProxy.split(/[\s,]+/).filter((item) => item !== '');

function isDirect(url: URL, noProxy: string): boolean {
  const host = bare(url.hostname);
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true;
  const port = url.port || (url.protocol === 'http:' ? '80' : '443');
  return itemsOf(noProxy).some((item) => item === '*' || matches(item.toLowerCase(), host, port));
}

/** An item is an address, a range of addresses, or a name, which covers names below it; each may have a port. */
function matches(item: string, host: string, port: string): boolean {
  const range = /^\[?([\da-f.:]+)\]?\/(\d+)$/.exec(item);
  if (range?.[1] !== undefined) return isIn(range[1], Number(range[2]), host);
  const [, name = item, only] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(item) ?? [];
  if (only !== undefined && only !== port) return false;
  const wanted = bare(name);
  if (isIP(wanted) !== 0) return wanted === host;
  // `*.example.com` and `.example.com` are what is below example.com.
  const below = wanted.replace(/^\*?\./, '');
  return host.endsWith(`.${below}`) || (below === wanted && host === wanted);
}

function isIn(network: string, prefix: number, host: string): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(host) !== family || prefix > (family === 4 ? 32 : 128)) return false;
  const name = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, prefix, name);
  return list.check(host, name);
}

/** Without the brackets of an IPv6 address, and without the dot at the end of a complete name. */
const bare = (host: string) =>
  host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
