import { deliverToPods } from '../../client-secret/deliver.ts';
import type { Connection } from '../../connection/connect.ts';
import { applyRelease } from '../../helm/release.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import { rollBack } from '../../helm/release-recovery.ts';
import { awaitRollout } from '../../kubernetes/rollout.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError } from '../../lib/errors.ts';
import type { Work } from './work.ts';

/** Resolves once the pods run with the wanted chart, values and client secret. */
export async function convergeRelease(
  work: Work,
  connection: Connection,
  secretRevision: string,
): Promise<Release | undefined> {
  const { release, rollout } = work.observation.headlamp;
  if (work.chartPath !== undefined) return upgrade(work, connection, work.chartPath, secretRevision);
  if (rollout) await deliverToPods(work.context, connection.kubernetes, rollout, secretRevision);
  return release;
}

/** Upgrades the release, and rolls it back to the previous revision if its pods do not become ready. */
async function upgrade(
  { context, wanted, observation }: Work,
  { kubernetes, helm }: Connection,
  chartPath: string,
  secretRevision: string,
): Promise<Release | undefined> {
  const { inputs, log, folder } = context;
  const before = observation.headlamp.release;
  const client = { kubernetes, helm: await helm(), chartPath, folder, log };
  await applyRelease(client, wanted.release, before, secretRevision);
  const release = await observeRelease(kubernetes, context.release);
  if (!release?.deployment) return release;
  const deployment = { namespace: context.release.namespace, name: release.deployment };
  try {
    await awaitRollout(kubernetes, deployment, { timeoutMs: milliseconds(inputs.waitTimeout), log });
    return release;
  } catch (error) {
    if (before?.lastDeployed === undefined || !(error instanceof ActionError)) throw error;
    throw withUndo(error, await rollBack(client.helm, context.release, before.lastDeployed));
  }
}

function withUndo(error: ActionError, undone: string): ActionError {
  const { failure } = error;
  return new ActionError({ ...failure, why: `${failure.why}\n${undone}` }, { cause: error });
}
