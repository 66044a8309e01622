import { path } from '../lib/api-path.ts';
import { type Fix, fix } from '../lib/fix.ts';
import { type JsonRecord, listAt, numberAt, stringAt } from '../lib/json.ts';
import { fixForWords } from './causes.ts';
import type { Kubernetes } from './client.ts';

/** Why a pod does not become ready, as Kubernetes reports it. */
export interface PodDiagnosis {
  /** Such as ImagePullBackOff or Unschedulable. */
  readonly reason: string;
  readonly message: string;
  /** The kubelet has retried already: waiting longer will not help. */
  readonly terminal: boolean;
  readonly fix: Fix;
}

const RESTARTS_UNTIL_TERMINAL = 2;
const LAST_LOG_LINES = 10;

/**
 * Why a pod of the Deployment's newest ReplicaSet is not ready; undefined if no pod shows a reason. Pods of older
 * ReplicaSets are ignored: they are often broken, and the reason for the upgrade.
 */
export async function diagnosePods(
  kubernetes: Kubernetes,
  namespace: string,
  selector: Readonly<Record<string, string>>,
): Promise<PodDiagnosis | undefined> {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  const replicaSets = await kubernetes.list(path`/apis/apps/v1/namespaces/${namespace}/replicasets`, labels.join(','));
  const newest = [...replicaSets].sort((a, b) => templateRevision(b) - templateRevision(a))[0];
  const hash = stringAt(newest, 'metadata', 'labels', 'pod-template-hash');
  if (hash === undefined) return undefined;
  const failure = listAt(newest, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'ReplicaFailure' && stringAt(condition, 'status') === 'True',
  );
  if (failure) return refusedPods(stringAt(failure, 'message') ?? '', namespace);
  const pods = await kubernetes.list(
    path`/api/v1/namespaces/${namespace}/pods`,
    [...labels, `pod-template-hash=${hash}`].join(','),
  );
  for (const pod of pods) {
    const diagnosis = diagnosePod(pod, namespace);
    if (!diagnosis) continue;
    return diagnosis.reason === 'CrashLoopBackOff' ? withLog(kubernetes, namespace, pod, diagnosis) : diagnosis;
  }
  return undefined;
}

/** The reason if no pod is created at all: a quota, a Pod Security level or a policy. */
export const REFUSED = 'ReplicaFailure';

export function refusedPods(message: string, namespace: string): PodDiagnosis {
  const describe = fix`kubectl --namespace ${namespace} describe replicasets`;
  return { reason: REFUSED, message, terminal: false, fix: fixForWords(message, namespace) ?? describe };
}

function diagnosePod(pod: JsonRecord, namespace: string): PodDiagnosis | undefined {
  const name = stringAt(pod, 'metadata', 'name') ?? '';
  const scheduled = listAt(pod, 'status', 'conditions').find(
    (condition) => stringAt(condition, 'type') === 'PodScheduled',
  );
  if (stringAt(scheduled, 'status') === 'False') {
    return {
      reason: stringAt(scheduled, 'reason') ?? 'Unschedulable',
      message: stringAt(scheduled, 'message') ?? '',
      terminal: false,
      fix: fix`add nodes or free capacity (kubectl describe nodes), or change nodeSelector, tolerations and resources in \`values\`.`,
    };
  }
  const statuses = [...listAt(pod, 'status', 'initContainerStatuses'), ...listAt(pod, 'status', 'containerStatuses')];
  for (const status of statuses) {
    const reason = stringAt(status, 'state', 'waiting', 'reason');
    if (reason === undefined || reason === 'ContainerCreating' || reason === 'PodInitializing') continue;
    const message = stringAt(status, 'state', 'waiting', 'message') ?? '';
    return { reason, message, terminal: isTerminal(reason, status), fix: fixFor(reason, message, namespace, name) };
  }
  return undefined;
}

/**
 * CreateContainerConfigError and ErrImagePull pass as soon as the missing object exists; a back-off means repeated
 * failure.
 */
function isTerminal(reason: string, status: unknown): boolean {
  if (reason === 'CrashLoopBackOff') return (numberAt(status, 'restartCount') ?? 0) >= RESTARTS_UNTIL_TERMINAL;
  return reason === 'ImagePullBackOff' || reason === 'InvalidImageName' || reason === 'ErrImageNeverPull';
}

function fixFor(reason: string, message: string, namespace: string, pod: string): Fix {
  if (/no match for platform|no matching manifest|exec format error/i.test(message))
    return fix`the image has no variant for the node: choose nodes in \`values\` (nodeSelector, such as kubernetes.io/os: linux and kubernetes.io/arch: amd64), or another image.`;
  if (/image/i.test(reason))
    return fix`let the cluster pull the image, or set one it can pull in \`values\` (image.registry, image.repository, image.tag).`;
  if (reason === 'CrashLoopBackOff') return fix`kubectl --namespace ${namespace} logs ${pod} --previous`;
  return fix`kubectl --namespace ${namespace} describe pod ${pod}`;
}

async function withLog(
  kubernetes: Kubernetes,
  namespace: string,
  pod: JsonRecord,
  diagnosis: PodDiagnosis,
): Promise<PodDiagnosis> {
  const status = listAt(pod, 'status', 'containerStatuses')[0];
  const exitCode = numberAt(status, 'lastState', 'terminated', 'exitCode');
  const name = stringAt(pod, 'metadata', 'name') ?? '';
  const query = { previous: 'true', tailLines: String(LAST_LOG_LINES) };
  const log = await kubernetes.raw(path`/api/v1/namespaces/${namespace}/pods/${name}/log`, query);
  const lines = log.status === 200 && log.text.trim() !== '' ? `, its last words:\n${log.text.trim()}` : '';
  return { ...diagnosis, message: `the container ended with exit code ${exitCode ?? 'unknown'}${lines}` };
}

/** The Deployment controller numbers the pod templates. */
const templateRevision = (replicaSet: JsonRecord) =>
  Number(stringAt(replicaSet, 'metadata', 'annotations', 'deployment.kubernetes.io/revision') ?? 0);
