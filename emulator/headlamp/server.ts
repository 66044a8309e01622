import type { Answer } from '../server/exchange.ts';
import { createClusterProxy } from './cluster-proxy.ts';
import { parseFlags, problemOf } from './flags.ts';
import { page } from './page.ts';
import type { HeadlampRequest, PodContext } from './request.ts';
import { createSignIn } from './sign-in.ts';

/** The sign-in of Headlamp's server, configured only by the arguments of its container. */
export interface HeadlampServer {
  /** Set when it did not start. */
  readonly exit: { readonly code: number } | undefined;
  readonly log: string;
  /** The client secret that it read when it started, and redeems codes with. */
  readonly clientSecret: string | undefined;
  answer(request: HeadlampRequest): Promise<Answer>;
}

export function createHeadlampServer(args: readonly string[], podContext: PodContext): HeadlampServer {
  const flags = parseFlags(args);
  const problem = problemOf(flags);
  const base = flags.get('base-url') ?? '';
  const context = flags.get('in-cluster-context-name') ?? 'main';
  const signIn = createSignIn(flags, context, podContext);
  const proxy = createClusterProxy(context, base, signIn, podContext);
  const answer = async (request: HeadlampRequest, path: string): Promise<Answer> => {
    if (['/', '/auth'].includes(path) || path.startsWith('/c/')) return page(context, base);
    if (path === '/config')
      return {
        status: 200,
        body: { clusters: [{ name: context, auth_type: flags.has('oidc-client-id') ? 'oidc' : '' }] },
      };
    if (path === '/oidc') return signIn.start(request);
    if (path === '/oidc-callback') return signIn.finish(request);
    if (path.startsWith(`/clusters/${context}/`)) return proxy(request, path);
    return notFound;
  };
  return {
    exit: problem === undefined ? undefined : { code: 1 },
    log: problem ?? `Headlamp server: in-cluster context ${context}, base URL "${base}"\n`,
    clientSecret: flags.get('oidc-client-secret'),
    answer: async (request) =>
      request.path.startsWith(`${base}/`) ? answer(request, request.path.slice(base.length)) : notFound,
  };
}

const notFound: Answer = { status: 404, body: '404 page not found\n' };
