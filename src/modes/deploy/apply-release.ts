import { deliverToPods } from '../../client-secret/deliver.ts';
import type { Connection } from '../../connection/connect.ts';
import { applyRelease } from '../../helm/release.ts';
import type { Release } from '../../helm/release-record.ts';
import { awaitRollout, forgetRestored, restoreTemplate } from '../../kubernetes/rollout.ts';
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

/** Upgrades the release, and restores the previous pods if the new ones do not become ready. */
async function upgrade(
  { context, wanted, observation }: Work,
  { kubernetes, helm }: Connection,
  chartPath: string,
  secretRevision: string,
): Promise<Release | undefined> {
  const { inputs, log, folder } = context;
  const { release: before, rollout } = observation.headlamp;
  const client = { kubernetes, helm: await helm(), chartPath, folder, log };
  const release = await applyRelease(client, wanted.release, before, secretRevision);
  if (!release?.deployment) return release;
  const deployment = { namespace: context.release.namespace, name: release.deployment };
  try {
    await awaitRollout(kubernetes, deployment, { timeoutMs: milliseconds(inputs.waitTimeout), log });
  } catch (error) {
    if (!rollout || !(error instanceof ActionError)) throw error;
    await restoreTemplate(kubernetes, { ...deployment, name: rollout.name }, rollout.template);
    throw withUndo(error, `Deployment ${rollout.name} runs its previous pods again`);
  }
  if (rollout?.restored) await forgetRestored(kubernetes, deployment);
  return release;
}

function withUndo(error: ActionError, undone: string): ActionError {
  const { failure } = error;
  return new ActionError({ ...failure, why: `${failure.why}\n${undone}` }, { cause: error });
}
