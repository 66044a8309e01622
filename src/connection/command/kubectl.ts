import type { HttpResponse } from '../../http/transport.ts';
import { kubernetesMeaning } from '../../kubernetes/causes.ts';
import { KubernetesRefusal } from '../../kubernetes/refusal.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { excerptOf, type Redact } from '../../lib/masking.ts';
import type { Outcome } from './queue.ts';

/** The HTTP status of a refusal, by the reason that kubectl prints.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/ */
const STATUS: Readonly<Record<string, number>> = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  AlreadyExists: 409,
  Conflict: 409,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
};

/** kubectl's error output as the refusal of the API server behind it; otherwise as a failure of the command. */
export function refusalOf(request: string, stderr: string): KubernetesRefusal | ActionError {
  const status = statusIn(stderr);
  const message = stderr.trim().replace(/^(Error from server( \(\w+\))?|error): (error when creating "[^"]*": )?/, '');
  if (status !== undefined)
    return new KubernetesRefusal(`${request.split('?')[0]} answered ${status}: ${message}`, status);
  return new ActionError({
    id: 'run-command-failed',
    what: `${request.split('?')[0]} inside the cluster failed`,
    why: message || 'Its output is withheld, because it may contain values of a Secret',
    fix: fix`run the job again; if it fails again, run it on a runner that reaches the cluster, with cluster-access set to direct.`,
  });
}

/**
 * The response to a raw request. kubectl follows a redirect, but cannot reach its target from inside the cluster; the
 * request log (-v=6) shows both.
 */
export function responseOf(request: string, { code, out, err }: Outcome, redact: Redact): HttpResponse {
  const answer = (status: number, headers: HttpResponse['headers'], text: string): HttpResponse => ({
    status,
    headers,
    text,
    excerpt: () => excerptOf(text, redact),
  });
  const [first, second] = [
    ...err.matchAll(/(?:verb="GET" url="([^"]+)"|GET (https?:\S+))(?: status="(\d{3})| (\d{3}) )?/g),
  ];
  const status = Number(first?.[3] ?? first?.[4]);
  const location = second?.[1] ?? second?.[2];
  if (status >= 300 && status < 400 && location !== undefined) return answer(status, { location }, '');
  if (code === 0) return answer(200, {}, out);
  const refusal = refusalOf(request, withoutProtocol(err));
  if (refusal instanceof ActionError && !(status >= 400)) throw refusal;
  return answer(refusal instanceof ActionError ? status : refusal.status, {}, refusal.message);
}

function statusIn(stderr: string): number | undefined {
  if (/(?:^|\n)The (?:\w+ "[^"\n]*"|request) is invalid/.test(stderr)) return STATUS['Invalid'];
  // An admission webhook may give no reason at all.
  if (/(?:^|\n)Error from server(: |\n)/.test(stderr) && kubernetesMeaning(stderr)) return STATUS['BadRequest'];
  const [, reason] = /(?:^|\n)(?:Error from server|error: [^\n]*) ?\((\w+)\)/.exec(stderr) ?? [];
  return reason === undefined ? undefined : STATUS[reason];
}

const withoutProtocol = (stderr: string) =>
  stderr
    .split('\n')
    .filter((line) => !/^[IWE]\d{4} /.test(line))
    .join('\n');

/** An API path as kubectl's arguments. */
export function addressOf(path: string): { resource: string; name: string; namespace: string | undefined } {
  const match = /^\/(?:api\/v1|apis\/([^/]+)\/[^/]+)\/(?:namespaces\/([^/]+)\/)?([^/]+)\/([^/]+)$/.exec(path);
  const [, group, namespace, plural = '', name = ''] = match ?? [];
  return {
    resource: group === undefined ? plural : `${plural}.${group}`,
    name: decodeURIComponent(name),
    namespace,
  };
}
