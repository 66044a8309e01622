import type { Kubernetes } from '../kubernetes/client.ts';
import { path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { stringAt } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { observeRelease, type Release, recordsOf } from './release-record.ts';
import { isPending, isUnfinished } from './release-state.ts';

/** An operation of Helm takes seconds, as it does not wait for pods here; an older one was killed. */
const PENDING_FOR_MS = 30_000;
const POLL_MS = 2_000;

export interface RecoveryClient {
  readonly kubernetes: Kubernetes;
  readonly log: Log;
}

/**
 * Recovers a release that was left pending or uninstalling, so that Helm upgrades it again. Waits for another run's
 * operation, or removes the record of an abandoned one; the following upgrade adopts what that one had done. Never
 * applies or deletes anything because a record says so: anybody who may write Secrets in the namespace can write a
 * record.
 * @returns the release as it then is
 * @throws ActionError release-not-recovered
 */
export async function recover(
  client: RecoveryClient,
  name: ReleaseName,
  observed: Release | undefined,
): Promise<Release | undefined> {
  if (!observed) return undefined;
  const { kubernetes, log } = client;
  if (isPending(observed)) {
    const title = `Release ${name.name} is ${observed.status}; waiting for the run that changes it`;
    const finished = await withProgress(log, title, () =>
      pollUntil(() => finishedRelease(kubernetes, name), patienceFor(observed)),
    );
    if (finished !== TIMED_OUT) return finished;
  }
  log.info(`Revision ${observed.revision} of release ${name.name} was left ${observed.status}; removing its record`);
  await removeUnfinished(kubernetes, name);
  const release = await observeRelease(kubernetes, name);
  if (release && isUnfinished(release.status)) throw notRecovered(name, release);
  return release;
}

async function finishedRelease(kubernetes: Kubernetes, name: ReleaseName): Promise<Release | undefined | typeof AGAIN> {
  const release = await observeRelease(kubernetes, name);
  return isPending(release) ? AGAIN : release;
}

function patienceFor({ updatedAt }: Release) {
  const left = updatedAt.getTime() + PENDING_FOR_MS - Date.now();
  return { timeoutMs: Math.min(PENDING_FOR_MS, Math.max(0, left)), intervalMs: POLL_MS };
}

/** Only records with the names that Helm gives them: others are not Helm's. */
async function removeUnfinished(kubernetes: Kubernetes, { namespace, name }: ReleaseName): Promise<void> {
  for (const record of await recordsOf(kubernetes, { namespace, name })) {
    const secret = stringAt(record, 'metadata', 'name') ?? '';
    const isHelms = secret.startsWith(`sh.helm.release.v1.${name}.v`);
    if (isHelms && isUnfinished(stringAt(record, 'metadata', 'labels', 'status') ?? ''))
      await kubernetes.remove(path`/api/v1/namespaces/${namespace}/secrets/${secret}`);
  }
}

function notRecovered({ name, namespace }: ReleaseName, { status }: Release): ActionError {
  return new ActionError({
    id: 'release-not-recovered',
    what: `Release ${name} is ${status}, and Helm changes no release in this state`,
    why: 'Its newest record says that an operation is in progress: somebody else has just started one, or wrote the record under a name that Helm does not use',
    fix: fix`wait until nobody works on the release, and run the job again. If it is the same then, look at the record and delete it: kubectl --namespace ${namespace} get secrets --selector ${`owner=helm,name=${name},status=${status}`}`,
  });
}
