import { randomUUID } from 'node:crypto';
import type { Dispatch } from '../server/dispatch.ts';
import type { Answer } from '../server/exchange.ts';

/** Headlamp's server as a pod starts it, as far as sign-in goes: driven by nothing but its arguments. */
export interface HeadlampServer {
  /** Set when it did not start. */
  readonly exit: { readonly code: number } | undefined;
  readonly log: string;
  /** What it redeems people's codes with, as it read it when it started. */
  readonly clientSecret: string | undefined;
  answer(request: HeadlampRequest): Promise<Answer>;
}

export interface HeadlampRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

const FLAGS = [
  'in-cluster',
  'in-cluster-context-name',
  'plugins-dir',
  'user-plugins-dir',
  'session-ttl',
  'base-url',
  'listen-addr',
  'port',
  'html-static-dir',
  'watch-plugins-changes',
  'enable-helm',
  'enable-dynamic-clusters',
  'cache-enabled',
  'tls-cert-path',
  'tls-key-path',
  'log-level',
  'proxy-urls',
  'oidc-client-id',
  'oidc-client-secret',
  'oidc-idp-issuer-url',
  'oidc-scopes',
  'oidc-validator-client-id',
  'oidc-validator-idp-issuer-url',
  'oidc-use-access-token',
  'oidc-callback-url',
  'oidc-use-pkce',
  'oidc-skip-tls-verify',
  'oidc-ca-file',
  'me-username-path',
  'me-email-path',
  'me-groups-path',
  'me-user-info-url',
];

export function createHeadlampServer(args: readonly string[], dispatch: Dispatch): HeadlampServer {
  const flags = parseFlags(args);
  const problem = problemOf(flags);
  const base = flags.get('base-url') ?? '';
  const context = flags.get('in-cluster-context-name') ?? 'main';
  return {
    exit: problem === undefined ? undefined : { code: 1 },
    log: problem ?? `Headlamp server: in-cluster context ${context}, base URL "${base}"\n`,
    clientSecret: flags.get('oidc-client-secret'),
    answer: async (request) => {
      if (!request.path.startsWith(`${base}/`)) return { status: 404, body: '404 page not found\n' };
      const path = request.path.slice(base.length);
      if (path === '/')
        return {
          status: 200,
          headers: { 'content-type': 'text/html; charset=utf-8' },
          body: '<!doctype html><title>Headlamp</title>',
        };
      if (path === '/config')
        return {
          status: 200,
          body: { clusters: [{ name: context, auth_type: flags.has('oidc-client-id') ? 'oidc' : '' }] },
        };
      if (path === '/oidc') return startSignIn(flags, context, request, dispatch);
      return { status: 404, body: '404 page not found\n' };
    },
  };
}

/** Sends the browser to the provider, found by its discovery document. */
async function startSignIn(
  flags: ReadonlyMap<string, string>,
  context: string,
  { query, headers }: HeadlampRequest,
  dispatch: Dispatch,
): Promise<Answer> {
  if (query.get('cluster') !== context) return { status: 404, body: 'cluster not found\n' };
  const issuer = flags.get('oidc-idp-issuer-url') ?? '';
  if (issuer === '') return { status: 400, body: 'no OIDC provider configured for the cluster\n' };
  const response = await dispatch(`${issuer}/.well-known/openid-configuration`).catch(() => undefined);
  const document = response?.status === 200 ? await response.json() : undefined;
  const endpoint =
    typeof document === 'object' && document !== null && 'authorization_endpoint' in document
      ? document['authorization_endpoint']
      : undefined;
  if (typeof endpoint !== 'string') return { status: 500, body: `Failed to get provider: ${issuer}\n` };
  const location = new URL(endpoint);
  const scopes = (flags.get('oidc-scopes') ?? 'profile,email').split(',');
  const callback =
    flags.get('oidc-callback-url') ||
    `http://${headers['host'] ?? 'localhost'}${flags.get('base-url') ?? ''}/oidc-callback`;
  location.searchParams.set('client_id', flags.get('oidc-client-id') ?? '');
  location.searchParams.set('redirect_uri', callback);
  location.searchParams.set('response_type', 'code');
  location.searchParams.set('scope', ['openid', ...scopes].join(' '));
  location.searchParams.set('state', randomUUID());
  return { status: 302, headers: { location: location.href } };
}

function parseFlags(args: readonly string[]): Map<string, string> {
  return new Map(
    args.map((argument): [string, string] => {
      const [, name = argument, value = 'true'] = /^--?([a-z-]+)(?:=([\s\S]*))?$/.exec(argument) ?? [];
      return [name, value];
    }),
  );
}

function problemOf(flags: ReadonlyMap<string, string>): string | undefined {
  const unknown = [...flags.keys()].find((name) => !FLAGS.includes(name));
  if (unknown !== undefined) return `flag provided but not defined: -${unknown}\n`;
  const oidc = ['oidc-client-id', 'oidc-client-secret', 'oidc-idp-issuer-url'].filter((name) => flags.has(name));
  if (oidc.length > 0 && !flags.has('in-cluster')) return 'oidc flags are only meant to be used in inCluster mode\n';
  return undefined;
}
