import type { HttpResponse } from '../http/transport.ts';
import { ActionError, type ErrorId } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, isRecord, type JsonRecord, parseJson, stringAt } from '../lib/json.ts';
import { apiServerFails, KUBERNETES_FIXES, type KubernetesMeaning, kubernetesMeaning } from './causes.ts';

/** Of more, people see nothing, and patterns would take too long to look through it. */
const LONGEST_MESSAGE = 64 * 1024;

/** An error response of the API server, with its status, so that callers can react to it. */
export class KubernetesRefusal extends Error {
  readonly status: number;
  /** Undefined for words that this action does not know. */
  readonly meaning: KubernetesMeaning | undefined;

  constructor(message: string, status: number, meaning = kubernetesMeaning(message.slice(0, LONGEST_MESSAGE))) {
    super(message.slice(0, LONGEST_MESSAGE));
    this.name = 'KubernetesRefusal';
    this.status = status;
    this.meaning = meaning;
  }
}

/** A request in an error: with the object, if it is created. */
export function describeRequest(request: string, body: JsonRecord | undefined): string {
  const [line] = request.split('?');
  return stringAt(body, 'metadata', 'name') === undefined || !request.startsWith('POST')
    ? String(line)
    : `${line} (${titleOf(body)})`;
}

/** Kind and name, for people. */
export const titleOf = (object: unknown) => `${stringAt(object, 'kind')} ${stringAt(object, 'metadata', 'name')}`;

/** A server may repeat what it was sent. If that was a Secret, only the reason is shown. */
export function refused(request: string, response: HttpResponse, body: JsonRecord | undefined): KubernetesRefusal {
  const answer = parseJson(response.text);
  const message = (stringAt(answer, 'message') ?? '').slice(0, LONGEST_MESSAGE);
  const isSecret = holdsSecret(request, body);
  const hidden = isSecret && (kubernetesMeaning(message) === undefined || repeats(message, body));
  const words = hidden ? (stringAt(answer, 'reason') ?? 'no reason given') : message || response.excerpt();
  const where = describeRequest(request, body);
  return new KubernetesRefusal(
    `${where} answered ${response.status}: ${words}`,
    response.status,
    kubernetesMeaning(message),
  );
}

const holdsSecret = (request: string, body: JsonRecord | undefined) =>
  body !== undefined && (body['kind'] === 'Secret' || /\/secrets(\/|$)/.test(request));

/** A part of a value of this length is not shown. */
const PART = 8;

/** Whether a text contains a part of the Secret's secret values, plain or as they were sent. */
function repeats(text: string, body: JsonRecord | undefined): boolean {
  const data = at(body, 'data');
  const values = Object.entries(isRecord(data) ? data : {})
    .filter(([key]) => key.includes('SECRET'))
    .flatMap(([, value]) => [String(value), Buffer.from(String(value), 'base64').toString()]);
  return values.some((value) => {
    for (let start = 0; start + PART <= value.length; start += 1)
      if (text.includes(value.slice(start, start + PART))) return true;
    return false;
  });
}

const EXPLANATIONS: Readonly<
  Record<Exclude<KubernetesMeaning, 'permission' | 'no dry run'>, readonly [id: ErrorId, what: string]>
> = {
  terminating: ['namespace-terminating', 'is being deleted'],
  quota: ['namespace-quota-exceeded', 'has a quota that the request exceeds'],
  limits: ['cluster-policy-forbids', 'has limits that the request does not meet'],
  'pod security': ['cluster-policy-forbids', 'has a Pod Security level that the request violates'],
  policy: ['cluster-policy-forbids', 'has a policy that forbids the request'],
  'webhook down': ['admission-webhook-unreachable', 'has an admission webhook that did not answer'],
};

const ONLY_THE_WRITE = fix`run mode deploy: only the write itself shows what this webhook says.`;

/** For words that are not known: from 500 on, the server says that the fault is its own. */
const fixFor = (status: number) =>
  status >= 500
    ? apiServerFails('it')
    : fix`correct what the API server reports, and run the job again; it resumes where it stopped.`;

/** The error for a refusal that is not about a missing permission. */
export function toKubernetesActionError(refusal: KubernetesRefusal, cluster: string, namespace: string): ActionError {
  const { meaning, message: why } = refusal;
  if (meaning === undefined || meaning === 'permission' || meaning === 'no dry run')
    return new ActionError(
      {
        id: 'request-failed',
        what: `The API server of cluster ${cluster} refused a request`,
        why,
        fix: meaning === 'no dry run' ? ONLY_THE_WRITE : fixFor(refusal.status),
      },
      { cause: refusal },
    );
  const [id, what] = EXPLANATIONS[meaning];
  const subject = meaning === 'webhook down' || meaning === 'policy' ? `Cluster ${cluster}` : `Namespace ${namespace}`;
  return new ActionError(
    { id, what: `${subject} ${what}`, why, fix: KUBERNETES_FIXES[meaning](namespace) },
    { cause: refusal },
  );
}
