import { deliverToPods } from '../../client-secret/deliver.ts';
import type { Connection } from '../../connection/connect.ts';
import { applyRelease } from '../../helm/release.ts';
import type { Release } from '../../helm/release-record.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { awaitRollout, type DeploymentName, forgetRestored, restoreTemplate } from '../../kubernetes/rollout.ts';
import { milliseconds } from '../../lib/duration.ts';
import { ActionError, messageOf } from '../../lib/errors.ts';
import type { JsonRecord } from '../../lib/json.ts';
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
    const former = { ...deployment, name: rollout.name };
    throw withUndo(error, await restore(kubernetes, former, rollout.template));
  }
  if (rollout?.restored) await forgetRestored(kubernetes, deployment);
  return release;
}

/** @returns what became of the previous pods, for people: why the new ones did not become ready is the error */
async function restore(kubernetes: Kubernetes, deployment: DeploymentName, template: JsonRecord): Promise<string> {
  const { name } = deployment;
  try {
    const isThere = await restoreTemplate(kubernetes, deployment, template);
    return isThere ? `Deployment ${name} runs its previous pods again` : `The upgrade has replaced Deployment ${name}`;
  } catch (failure) {
    return `Deployment ${name} could not get its previous pods back: ${messageOf(failure)}`;
  }
}

function withUndo(error: ActionError, undone: string): ActionError {
  const { failure } = error;
  return new ActionError({ ...failure, why: `${failure.why}\n${undone}` }, { cause: error });
}
