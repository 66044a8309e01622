import type { Found } from '../../azure/resource-graph.ts';
import type { Job } from '../../context/job.ts';
import { examine, from } from './check.ts';
import { SIGN_IN } from './entra.ts';
import { logChecks } from './log.ts';

/** Whether the clusters of a run on many can be found, before the checks of each. */
export async function logSearch(
  { log, redact }: Pick<Job, 'log' | 'redact'>,
  signedIn: Promise<unknown>,
  search: Promise<Found>,
): Promise<void> {
  const find = async () => {
    await from(SIGN_IN, signedIn);
    return `${(await search).clusters.length} found by Azure Resource Graph`;
  };
  const checks = [
    { title: SIGN_IN, run: () => signedIn.then(() => 'accepted') },
    { title: 'Clusters of cluster-selector', run: find },
  ];
  logChecks(log, await examine(checks, redact));
}
