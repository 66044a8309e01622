import { mkdir, rm } from 'node:fs/promises';
import { findClusters } from '../azure/resource-graph.ts';
import { toRefusalActionError } from '../connection/connect.ts';
import { type Context, createContext, type Place } from '../context/context.ts';
import type { Job } from '../context/job.ts';
import type { Outcome } from '../context/outcome.ts';
import { createRunContext, type RunContext } from '../context/run-context.ts';
import { assertChartSupported } from '../helm/chart.ts';
import { idTokenPermissionMissing } from '../identity/id-token.ts';
import type { Target } from '../inputs/clusters.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { RunInputs } from '../inputs/run-inputs.ts';
import { prefetch } from '../lib/prefetch.ts';
import { deploy } from './deploy/deploy.ts';
import { destroy } from './destroy/destroy.ts';
import { doctor } from './doctor/doctor.ts';
import { logSearch } from './doctor/search.ts';
import { rotate } from './rotate/rotate.ts';
import { rotateUpToVault } from './rotate/up-to-vault.ts';

/** What all clusters share, after everything that can be known without a request. */
export async function openRun(inputs: RunInputs, job: Job): Promise<RunContext> {
  assertPossible(inputs, job);
  return createRunContext(inputs, job);
}

/** Runs the action on one cluster, in its mode. The caller reports the outcome. */
export async function runCluster(run: RunContext, inputs: Inputs, place: Place): Promise<Outcome> {
  const transport = run.transport.branch({ ...place, onRetry: place.log.info });
  await mkdir(place.folder, { recursive: true });
  try {
    const context = createContext(run, inputs, place, transport);
    return await runMode(context).catch((error: unknown) => {
      throw toRefusalActionError(context, error);
    });
  } finally {
    transport.close();
    // The post step removes what cannot be removed now.
    await rm(place.folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * The clusters of a run on many. Signs in first, so that a failed sign-in is reported once and not for each cluster.
 * @throws ActionError no-cluster-selected, invalid-inputs and those of sign-in
 */
export async function clustersOf(
  { mode, credential, cloud, arm, clientId, job }: RunContext,
  targets: Exclude<RunInputs['targets'], { kind: 'one' }>,
): Promise<readonly Target[]> {
  const signedIn = prefetch(credential.getToken(cloud.scope('resourceManager')));
  if (targets.kind === 'listed') return signedIn.then(() => targets.clusters);
  const search = prefetch(signedIn.then(() => findClusters(arm, targets.selector, clientId)));
  if (mode === 'doctor') await logSearch(job, signedIn, search);
  const found = await search;
  const { clusters, unused } = targets.among(found.clusters);
  if (found.isPartial) job.log.warning('Not all subscriptions were searched', SEARCHED_IN_PART);
  job.log.info(
    `cluster-selector finds ${found.clusters.length} cluster(s); this run includes ${clusters.length} of them`,
  );
  for (const label of unused) job.log.warning('An entry has no effect', `${label} is not among the clusters found`);
  for (const { inputs } of clusters) assertChart(inputs);
  return clusters;
}

const SEARCHED_IN_PART =
  'Azure Resource Graph searches at most 10,000 subscriptions, and the deploying identity reads more: clusters in the others are not found. Use several identities, each with Reader on a part of the subscriptions, or list the clusters in clusters';

/** Fails before the first request. Mode doctor reports these problems among its findings. */
function assertPossible({ mode, authType, targets }: RunInputs, { idTokens }: Job): void {
  if (mode === 'doctor') return;
  if (authType === 'oidc' && !idTokens) throw idTokenPermissionMissing();
  if (targets.kind === 'one') assertChart(targets.inputs);
  if (targets.kind === 'listed') for (const { inputs } of targets.clusters) assertChart(inputs);
}

function assertChart({ mode, chart, chartVersion }: Inputs): void {
  if (mode === 'deploy' || mode === 'plan' || mode === 'rotate')
    if (chart.kind !== 'path') assertChartSupported(chartVersion);
}

function runMode(context: Context): Promise<Outcome> {
  switch (context.inputs.mode) {
    case 'rotate':
      return context.inputs.delivery === 'vault' ? rotateUpToVault(context) : rotate(context);
    case 'doctor':
      return doctor(context);
    case 'destroy':
      return destroy(context);
    default:
      return deploy(context);
  }
}
