import type { Kubernetes } from '../kubernetes/client.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Log } from '../lib/log.ts';
import { AGAIN, pollUntil, TIMED_OUT, withProgress } from '../lib/polling.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { ClusterHelm } from './cli.ts';
import { observeRelease, type Release } from './release-record.ts';
import { isPending, REVISIONS_KEPT } from './release-state.ts';

/** A Helm operation takes seconds here, because it does not wait for pods; an older one was interrupted. */
const PENDING_FOR_MS = 30_000;
const POLL_MS = 2_000;

export interface RecoveryClient {
  readonly kubernetes: Kubernetes;
  readonly helm: ClusterHelm;
  readonly log: Log;
}

/**
 * Recovers a release that was left pending or uninstalling, so that Helm can upgrade it again: waits for another run to
 * finish its operation, or undoes an abandoned one.
 * @returns the release afterwards
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
    const title = `Release ${name.name} is ${observed.status}; waiting for that operation to finish`;
    const finished = await withProgress(log, title, () =>
      pollUntil(() => finishedRelease(kubernetes, name), patienceFor(observed)),
    );
    if (finished !== TIMED_OUT) return finished;
  }
  await undo(client, name, observed);
  return observeRelease(kubernetes, name);
}

async function finishedRelease(kubernetes: Kubernetes, name: ReleaseName): Promise<Release | undefined | typeof AGAIN> {
  const release = await observeRelease(kubernetes, name);
  return isPending(release) ? AGAIN : release;
}

function patienceFor({ updatedAt }: Release) {
  const left = updatedAt.getTime() + PENDING_FOR_MS - Date.now();
  return { timeoutMs: Math.min(PENDING_FOR_MS, Math.max(0, left)), intervalMs: POLL_MS };
}

/** Rolls back to the last successful revision; without one, uninstalls the release. */
async function undo({ helm, log }: RecoveryClient, { name, namespace }: ReleaseName, left: Release): Promise<void> {
  const { lastDeployed, revision, status } = left;
  const removes = lastDeployed === undefined || status === 'uninstalling';
  log.info(
    `Revision ${revision} of release ${name} was left ${status}; ${removes ? 'uninstalling it' : `rolling back to revision ${lastDeployed}`}`,
  );
  const command = removes ? ['uninstall', name] : ['rollback', name, String(lastDeployed)];
  const result = await helm.run([...command, '--namespace', namespace]);
  if (result.ok) return;
  throw new ActionError({
    id: 'release-not-recovered',
    what: `Release ${name} was left ${status} by an interrupted run and could not be recovered`,
    why: result.problem,
    fix: fix`helm ${removes ? fix`uninstall ${name}` : fix`rollback ${name} ${String(lastDeployed)}`} --namespace ${namespace}`,
  });
}

/** Rolls back to a revision. @returns the outcome as a sentence, for the error that follows */
export async function rollBack(helm: ClusterHelm, { name, namespace }: ReleaseName, revision: number): Promise<string> {
  const result = await helm.run([
    'rollback',
    name,
    String(revision),
    '--history-max',
    String(REVISIONS_KEPT),
    '--namespace',
    namespace,
  ]);
  return result.ok
    ? `The release was rolled back to revision ${revision}`
    : `Rolling back to revision ${revision} failed too: ${result.problem}`;
}
