import type { Cloud } from '../azure/cloud.ts';
import type { Clients } from '../context/clients.ts';
import type { Application } from '../entra/application.ts';
import type { Release } from '../helm/release-record.ts';
import type { HttpResponse } from '../http/transport.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { OIDC_SCOPES } from '../kubernetes/oidc-secret.ts';
import { ActionError } from '../lib/errors.ts';
import { pollUntil } from '../lib/polling.ts';

/** What Headlamp has to send people to. */
export interface ExpectedSignIn {
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  /** Path below which Headlamp serves; empty for none. */
  readonly basePath: string;
  readonly namespace: string;
}

/** A Service gets its endpoints a moment after the pods are ready. */
const PATIENCE = { timeoutMs: 30_000, intervalMs: 1_000 };

/**
 * Starts a sign-in as a browser would, through the API server's service proxy, and looks where it leads.
 * @throws ActionError headlamp-unreachable, headlamp-redirect-wrong
 */
export async function verifySignIn(kubernetes: Kubernetes, release: Release, expected: ExpectedSignIn): Promise<void> {
  const path = signInPath(release, expected);
  if (path === undefined) throw unreachable(expected, 'the release has no Service');
  let last: HttpResponse | undefined;
  const answer = await pollUntil(async () => {
    last = await kubernetes.raw(path);
    return last.status === 502 || last.status === 503 ? undefined : last;
  }, PATIENCE);
  if (!answer) throw unreachable(expected, `the API server's proxy answered ${last?.status}: ${excerpt(last)}`);
  if (answer.status === 401 || answer.status === 403)
    throw unreachable(expected, `the deploying identity may not use services/proxy: ${excerpt(answer)}`);
  const problems = problemsOf(answer, expected);
  if (problems.length === 0) return;
  throw new ActionError({
    id: 'headlamp-redirect-wrong',
    what: 'Headlamp runs, but does not send people to Entra as it has to',
    why: problems.join('; '),
    fix: `see what it says: kubectl --namespace ${expected.namespace} logs deployment/${release.deployment ?? 'headlamp'}; then run the job again.`,
  });
}

/**
 * Headlamp's answer to a sign-in that begins, read beside everything else: of a run with nothing to change it is the
 * proof. Undefined where it does not answer, or is not to be asked: a command of AKS takes seconds.
 */
export async function observeSignIn(
  kubernetes: Kubernetes,
  release: Release | undefined,
  { mode, verify, namespace, url }: Inputs,
): Promise<HttpResponse | undefined> {
  const path = release && signInPath(release, { namespace, basePath: basePathOf(url) });
  if (mode !== 'deploy' || !verify || path === undefined || kubernetes.way.kind === 'command') return undefined;
  return kubernetes.raw(path).catch(() => undefined);
}

function signInPath(
  { service, contextName }: Release,
  { namespace, basePath }: Pick<ExpectedSignIn, 'namespace' | 'basePath'>,
): string | undefined {
  if (!service) return undefined;
  const proxy = `/api/v1/namespaces/${namespace}/services/http:${service.name}:${service.port}/proxy`;
  return `${proxy}${basePath}/oidc?cluster=${encodeURIComponent(contextName)}`;
}

const basePathOf = (url: string) => new URL(url).pathname.replace(/\/$/, '');

/** What is wrong with the answer to the start of a sign-in; nothing for a good one. */
export function problemsOf(answer: HttpResponse, expected: ExpectedSignIn): string[] {
  const location = answer.headers['location'] ?? '';
  if (answer.status !== 302 || !URL.canParse(location))
    return [`it answered ${answer.status} instead of a redirect to Entra: ${excerpt(answer)}`];
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

function unreachable(expected: ExpectedSignIn, why: string): ActionError {
  return new ActionError({
    id: 'headlamp-unreachable',
    what: 'Headlamp did not answer through the API server',
    why,
    fix: `kubectl --namespace ${expected.namespace} get pods,endpoints; or set verify to false.`,
  });
}

const excerpt = (answer: HttpResponse | undefined) => (answer?.text ?? '').trim().slice(0, 300);

/** A Headlamp to be proven, and the registration that it sends people to. */
export interface Deployed {
  readonly kubernetes: Kubernetes;
  readonly release: Release;
  readonly application: Application;
}

/**
 * As above, for what the inputs ask for.
 * @param seen what Headlamp has answered already, where nothing was changed since
 */
export async function verifyDeployed(
  { cloud, log }: Pick<Clients, 'cloud' | 'log'>,
  inputs: Inputs,
  { kubernetes, release, application: { appId: clientId } }: Deployed,
  seen?: HttpResponse,
): Promise<void> {
  const { tenantId, redirectUri, namespace, url } = inputs;
  const expected = { cloud, tenantId, clientId, redirectUri, basePath: basePathOf(url), namespace };
  if (!seen || problemsOf(seen, expected).length > 0) await verifySignIn(kubernetes, release, expected);
  log.info(
    'Headlamp sends people to Entra with the right client id, redirect URI and scopes; Entra accepts the client secret',
  );
}
