import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { at, isRecord, type JsonRecord, listAt, numberAt, stringAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { mergePatch } from '../lib/merge-patch.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { SECRET_REVISION_ANNOTATION } from './oidc-secret.ts';
import { diagnosePods, type PodDiagnosis, REFUSED, refusedPods } from './pod-diagnostics.ts';

const POLL_MS = 1_000;

/** A webhook may recover, and pods that end may free a quota. */
const REFUSED_FOR_MS = 8_000;

/** Annotation of a Deployment whose pods do not match its release. */
const RESTORED_ANNOTATION = 'headlamp-aks-entra/template-restored';

/** Ends the wait early: waiting longer cannot help. */
const GAVE_UP = Symbol('gave up');

/** Headlamp's Deployment: which client secret its pods have, and whether they are ready. */
export interface Rollout {
  readonly name: string;
  readonly secretRevision: string | undefined;
  readonly image: string;
  readonly selector: Readonly<Record<string, string>>;
  /** The controller has seen the newest template. */
  readonly observed: boolean;
  readonly complete: boolean;
  /** Such as "1 of 1 pods ready". */
  readonly progress: string;
  /** The pods' template as it is. */
  readonly template: JsonRecord;
  /** An upgrade failed, and the previous template was restored. */
  readonly restored: boolean;
  /** Why no pod can be created; undefined if they can. */
  readonly podsRefused: string | undefined;
  /** The Deployment gave up waiting (progressDeadlineSeconds). */
  readonly deadlineExceeded: boolean;
}

export interface DeploymentName {
  readonly namespace: string;
  readonly name: string;
}

export interface RolloutChange extends ChangeLine {
  readonly resource: 'rollout';
}

/** The Deployments of the release. */
export async function observeRollouts(
  kubernetes: Kubernetes,
  { namespace, name }: ReleaseName,
): Promise<readonly Rollout[]> {
  const deployments = await kubernetes.list(deploymentsPath(namespace), `app.kubernetes.io/instance=${name}`);
  return deployments.map(parse);
}

/** The pods need a restart if their revision differs from the Secret's. */
export function planRollout(rollout: Rollout | undefined, secretRevision: string | undefined): RolloutChange[] {
  if (!rollout || (secretRevision !== undefined && rollout.secretRevision === secretRevision)) return [];
  return [
    {
      resource: 'rollout',
      action: 'restart',
      detail: `${rollout.name}, because its pods read the client secret only when they start`,
    },
  ];
}

/** Restarts the pods by changing an annotation of their template, as `kubectl rollout restart` does. */
export async function restart(
  kubernetes: Kubernetes,
  deployment: DeploymentName,
  secretRevision: string,
): Promise<void> {
  await kubernetes.merge(pathOf(deployment), {
    spec: { template: { metadata: { annotations: { [SECRET_REVISION_ANNOTATION]: secretRevision } } } },
  });
}

/**
 * Waits until all pods run the newest template and are ready.
 * @throws ActionError rollout-failed with the pod's reason: at once if waiting cannot help, otherwise after `timeoutMs`
 */
export async function awaitRollout(
  kubernetes: Kubernetes,
  deployment: DeploymentName,
  { timeoutMs, log }: { readonly timeoutMs: number; readonly log: Log },
): Promise<Rollout> {
  const { namespace, name } = deployment;
  let diagnosis: PodDiagnosis | undefined;
  let said = '';
  let refusedSince = performance.now();
  const probe = async () => {
    const rollout = await readRollout(kubernetes, deployment);
    const before = diagnosis;
    diagnosis = rollout?.observed && !rollout.complete ? await diagnose(kubernetes, namespace, rollout) : undefined;
    if (diagnosis?.reason !== REFUSED) refusedSince = performance.now();
    const isRefused = performance.now() - refusedSince >= REFUSED_FOR_MS;
    // A back-off repeats, but does not always show the cause.
    if (diagnosis?.reason === 'ImagePullBackOff' && before && !diagnosis.message.includes(before.message))
      diagnosis = { ...diagnosis, message: `${diagnosis.message}: ${before.message}`, fix: before.fix };
    const state = [rollout?.progress ?? 'not created yet', ...(diagnosis ? [diagnosis.reason] : [])].join('; ');
    if (state !== said) log.info(`Deployment ${name}: ${state}`);
    said = state;
    if (rollout?.complete) return rollout;
    return diagnosis?.terminal || isRefused || rollout?.deadlineExceeded ? GAVE_UP : AGAIN;
  };
  const finished = await withProgress(log, `Waiting for Deployment ${name}`, () =>
    pollUntil(probe, { timeoutMs, intervalMs: POLL_MS }),
  );
  if (finished !== GAVE_UP && finished !== TIMED_OUT) return finished;
  const late = finished === TIMED_OUT ? ` within ${Math.round(timeoutMs / 1000)} seconds` : '';
  throw new ActionError({
    id: 'rollout-failed',
    what: `Headlamp's pods did not become ready${late}`,
    why: diagnosis ? `${diagnosis.reason}: ${diagnosis.message}` : said,
    fix: diagnosis?.fix ?? fix`kubectl --namespace ${namespace} describe deployment ${name}`,
  });
}

async function diagnose(
  kubernetes: Kubernetes,
  namespace: string,
  { podsRefused, selector }: Rollout,
): Promise<PodDiagnosis | undefined> {
  if (podsRefused !== undefined) return refusedPods(podsRefused, namespace);
  return diagnosePods(kubernetes, namespace, selector);
}

async function readRollout(kubernetes: Kubernetes, deployment: DeploymentName): Promise<Rollout | undefined> {
  const found = await kubernetes.find(pathOf(deployment));
  return found && parse(found);
}

/**
 * Restores the previous template after an upgrade whose pods do not become ready, and notes that the release has to be
 * upgraded again. Helm's rollback would use one of its records, which others may have written.
 * @returns false if the Deployment is gone: with other values, it has another name
 */
export async function restoreTemplate(
  kubernetes: Kubernetes,
  deployment: DeploymentName,
  template: JsonRecord,
): Promise<boolean> {
  const current = await readRollout(kubernetes, deployment);
  if (!current) return false;
  await kubernetes.merge(pathOf(deployment), {
    metadata: { annotations: { [RESTORED_ANNOTATION]: 'true' } },
    spec: { template: mergePatch(current.template, template) },
  });
  return true;
}

/** The pods match the release again. */
export async function forgetRestored(kubernetes: Kubernetes, deployment: DeploymentName): Promise<void> {
  await kubernetes.merge(pathOf(deployment), { metadata: { annotations: { [RESTORED_ANNOTATION]: null } } });
}

/** The rules of `kubectl rollout status`. */
function parse(deployment: JsonRecord): Rollout {
  const count = (...path: string[]) => numberAt(deployment, ...path) ?? 0;
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1;
  const [updated, total, available] = [
    count('status', 'updatedReplicas'),
    count('status', 'replicas'),
    count('status', 'availableReplicas'),
  ];
  const seen = count('status', 'observedGeneration') >= count('metadata', 'generation');
  const labels = at(deployment, 'spec', 'selector', 'matchLabels');
  const template = at(deployment, 'spec', 'template');
  const conditionOf = (type: string) =>
    listAt(deployment, 'status', 'conditions').find((condition) => stringAt(condition, 'type') === type);
  const [progressing, refused] = [conditionOf('Progressing'), conditionOf('ReplicaFailure')];
  return {
    name: stringAt(deployment, 'metadata', 'name') ?? '',
    secretRevision: stringAt(deployment, 'spec', 'template', 'metadata', 'annotations', SECRET_REVISION_ANNOTATION),
    image: stringAt(listAt(deployment, 'spec', 'template', 'spec', 'containers')[0], 'image') ?? '',
    selector: Object.fromEntries(
      Object.entries(isRecord(labels) ? labels : {}).map(([key, value]) => [key, String(value)]),
    ),
    observed: seen,
    complete: seen && updated === wanted && total === wanted && available === wanted,
    progress: `${Math.min(updated, available)} of ${wanted} pods ready`,
    template: isRecord(template) ? template : {},
    restored: stringAt(deployment, 'metadata', 'annotations', RESTORED_ANNOTATION) !== undefined,
    podsRefused: stringAt(refused, 'status') === 'True' ? (stringAt(refused, 'message') ?? '') : undefined,
    deadlineExceeded: seen && stringAt(progressing, 'reason') === 'ProgressDeadlineExceeded',
  };
}

const deploymentsPath = (namespace: string) => path`/apis/apps/v1/namespaces/${namespace}/deployments`;
const pathOf = ({ namespace, name }: DeploymentName) => path`${deploymentsPath(namespace)}/${name}`;
