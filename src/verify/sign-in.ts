import type { Connection } from '../connection/connect.ts';
import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import type { Release } from '../helm/release-record.ts';
import type { HttpResponse } from '../http/transport.ts';
import { OIDC_SCOPES } from '../kubernetes/oidc-secret.ts';
import { type ApiPath, path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { AGAIN, pollUntil, TIMED_OUT } from '../lib/polling.ts';

/** The Headlamp to verify, and the registration that it has to redirect to. */
export interface Deployed {
  readonly connection: Connection;
  readonly release: Release;
  readonly application: Application;
}

/** A Service gets its endpoints shortly after the pods are ready. */
const PATIENCE = { timeoutMs: 30_000, intervalMs: 1_000 };

/**
 * Starts a sign-in as a browser would, through the API server's service proxy, and checks the redirect. The secret itself
 * was tested before it was rolled out, by entra/secret-acceptance.ts.
 * @param known Headlamp's response from before, if nothing was changed since
 * @throws ActionError headlamp-unreachable, headlamp-redirect-wrong
 */
export async function verifySignIn(context: Context, deployed: Deployed, known?: HttpResponse): Promise<void> {
  const { cloud, tenantId, redirectUri } = context;
  const expected = { cloud, tenantId, redirectUri, clientId: deployed.application.appId };
  if (!known || redirectProblems(known, expected).length > 0) await startSignIn(context, deployed, expected);
  context.log.info(
    'Headlamp redirects to Entra with the right client ID, redirect URI and scopes; Entra accepts the client secret',
  );
}

async function startSignIn(
  context: Context,
  { connection, release }: Deployed,
  expected: ExpectedSignIn,
): Promise<void> {
  const { namespace } = context.release;
  const request = signInRequest(context, release);
  if (!request) throw unreachable(namespace, 'the release has no Service');
  let last: HttpResponse | undefined;
  const answer = await pollUntil(async () => {
    last = await connection.kubernetes.raw(request.path, request.query);
    return last.status === 502 || last.status === 503 ? AGAIN : last;
  }, PATIENCE);
  if (answer === TIMED_OUT)
    throw unreachable(namespace, `the API server's proxy answered ${last?.status}: ${excerpt(last)}`);
  if (answer.status === 401 || answer.status === 403)
    throw unreachable(namespace, `the deploying identity may not use services/proxy: ${excerpt(answer)}`);
  const problems = redirectProblems(answer, expected);
  if (problems.length === 0) return;
  throw new ActionError({
    id: 'headlamp-redirect-wrong',
    what: 'Headlamp runs, but does not redirect to Entra correctly',
    why: problems.join('; '),
    fix: fix`look for the cause in its log: kubectl --namespace ${namespace} logs deployment/${release.deployment ?? 'headlamp'}; then run the job again.`,
  });
}

/**
 * Headlamp's response to the start of a sign-in, read in parallel with everything else: the verification if nothing has to
 * change. Undefined if it does not respond or is not asked: an AKS run-command takes seconds.
 */
export async function observeSignIn(
  context: Context,
  { kubernetes, transport }: Connection,
  release: Release | undefined,
): Promise<HttpResponse | undefined> {
  const { mode, verify } = context.inputs;
  const request = release && signInRequest(context, release);
  if (mode !== 'deploy' || !verify || !request || transport === 'command') return undefined;
  return kubernetes.raw(request.path, request.query).catch(() => undefined);
}

/** The request that starts a sign-in. */
function signInRequest({ release, basePath }: Context, { service, contextName }: Release): SignInRequest | undefined {
  if (!service) return undefined;
  const target = `http:${service.name}:${service.port}`;
  const proxy = path`/api/v1/namespaces/${release.namespace}/services/${target}/proxy`;
  const base = basePath.split('/').filter((segment) => segment !== '');
  const served = base.reduce((before, segment) => path`${before}/${decodeURIComponent(segment)}`, proxy);
  return { path: path`${served}/oidc`, query: { cluster: contextName } };
}

interface SignInRequest {
  readonly path: ApiPath;
  readonly query: Readonly<Record<string, string>>;
}

/** What the redirect has to contain. */
export interface ExpectedSignIn extends Pick<Context, 'cloud' | 'tenantId' | 'redirectUri'> {
  readonly clientId: string;
}

/** What is wrong with the response to the start of a sign-in; empty if nothing is. */
export function redirectProblems(
  answer: Pick<HttpResponse, 'status' | 'headers' | 'excerpt'>,
  expected: ExpectedSignIn,
): string[] {
  const location = answer.headers['location'] ?? '';
  if (answer.status !== 302 || !URL.canParse(location))
    return [`Headlamp answered ${answer.status} instead of redirecting to Entra: ${excerpt(answer)}`];
  const target = new URL(location);
  const authorize = expected.cloud.authorizeUrls(expected.tenantId);
  const address = `${target.origin}${target.pathname}`;
  const scopes = new Set((target.searchParams.get('scope') ?? '').split(' '));
  const missing = ['openid', ...OIDC_SCOPES].filter((scope) => !scopes.has(scope));
  const compared = [
    ['address', address, authorize.includes(address) ? address : authorize[0]],
    ['client_id', target.searchParams.get('client_id'), expected.clientId],
    ['redirect_uri', target.searchParams.get('redirect_uri'), expected.redirectUri],
  ] as const;
  return [
    ...compared
      .filter(([, found, wanted]) => found !== wanted)
      .map(([name, found, wanted]) => `the redirect's ${name} is ${found ?? 'missing'}, not ${wanted}`),
    ...(missing.length > 0 ? [`the redirect lacks the scopes ${missing.join(' ')}`] : []),
  ];
}

function unreachable(namespace: string, why: string): ActionError {
  return new ActionError({
    id: 'headlamp-unreachable',
    what: 'Headlamp did not answer through the API server',
    why,
    fix: fix`check its pods: kubectl --namespace ${namespace} get pods,endpoints; or set verify to false.`,
  });
}

const excerpt = (answer: Pick<HttpResponse, 'excerpt'> | undefined) => answer?.excerpt() ?? '';
