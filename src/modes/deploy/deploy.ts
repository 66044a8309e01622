import { applyCluster, observeCluster } from '../../azure/cluster.ts';
import { warnOfLeftBehind } from '../../client-secret/left-behind.ts';
import { removeSuperseded } from '../../client-secret/remove.ts';
import type { Context } from '../../context/context.ts';
import type { Deployment } from '../../context/outcome.ts';
import { reassertApplication } from '../../entra/application.ts';
import { prepareChart } from '../../helm/prepare.ts';
import { assertRecordsOurs } from '../../helm/recorded-objects.ts';
import { assertNamespacesExist } from '../../kubernetes/access-namespaces.ts';
import { type ChangeLine, logChanges } from '../../lib/change.ts';
import { ActionError } from '../../lib/errors.ts';
import { settleAll } from '../../lib/polling.ts';
import { observeFromOutside, verifyFromOutside } from '../../verify/outside.ts';
import { verifySignIn } from '../../verify/sign-in.ts';
import { type Applied, apply } from './apply.ts';
import { describeObservation } from './describe.ts';
import { appliedDeployment, plannedDeployment } from './facts.ts';
import { clusterFacts, type Observed, observe } from './observe.ts';
import { assertOurs } from './ownership.ts';
import { changesOf, type Plan, plan, type Wanted, wantedFrom } from './plan.ts';
import { planEntra } from './plan-azure.ts';
import { preflight } from './preflight.ts';
import { assertAdmitted, rehearsalsOf } from './rehearsal.ts';

/** Modes deploy and plan: observe, plan, apply, verify. In mode plan nothing is written. */
export async function deploy(context: Context): Promise<Deployment> {
  const { inputs, log } = context;
  const wanted = wantedFrom(context, await context.charts.resolve(inputs, context.helm));
  const { observed, admitting } = await log.group('Observe', () => observeAndDescribe(context));
  const { observation } = observed;
  assertNamespacesExist(observation.headlamp.missingNamespaces, !observed.connection);
  await assertOurs(context, wanted, observation, observed.connection);
  const planned = plan(context, wanted, observation, new Date());
  const changes = [...admitting, ...changesOf(planned)];
  await log.group('Plan', async () => logChanges(log, changes));
  const chartPath = await checkBeforeWriting(context, wanted, planned, observed);
  if (inputs.mode === 'plan') return plannedDeployment(context, observation, planned, changes);

  const work = { context, wanted, plan: planned, observation, chartPath };
  const applied = await log.group('Apply', () => apply(work, observed.connection));
  const verification = await verify(context, applied, changes.length === 0 ? observed : undefined);
  const made = await finish(context, wanted, planned, applied);
  const { clientSecret, headlamp } = observation;
  warnOfLeftBehind(context, applied.application, { ...clientSecret, ...headlamp });
  return appliedDeployment(context, applied, [...admitting, ...made], verification);
}

/** Finds what would fail, before the first write. @returns the path of the chart, if the release has to change */
async function checkBeforeWriting(
  context: Context,
  { release }: Wanted,
  planned: Plan,
  { observation, connection }: Observed,
): Promise<string | undefined> {
  const { log, helm, inputs } = context;
  const { kubernetesVersion } = clusterFacts(context, observation);
  const [prepared] = await settleAll([
    planned.release.length === 0
      ? undefined
      : log.group('Check chart and values', async () =>
          prepareChart(await helm(), release, kubernetesVersion, context),
        ),
    inputs.mode === 'plan' ? undefined : preflight(context, planned, observation),
    // A first deployment was observed to have no record, so there is none to read again.
    planned.release.length === 0 || !connection || !observation.headlamp.release
      ? undefined
      : assertRecordsOurs(connection.kubernetes, context.release),
  ]);
  // Beside the namespace there is little to try before it exists, and each command of AKS takes seconds.
  const isWorthIt = connection?.transport === 'direct' || observation.headlamp.namespace.kind === 'active';
  if (connection && isWorthIt && inputs.mode !== 'plan') {
    const rehearsals = rehearsalsOf(context, planned, observation.headlamp, prepared?.objects ?? []);
    await assertAdmitted(context, connection.kubernetes, rehearsals);
  }
  return prepared?.path;
}

/** @param unchanged the observation, if nothing was changed since: it already holds Headlamp's response */
async function verify(
  context: Context,
  { release, connection, application }: Applied,
  unchanged: Observed | undefined,
): Promise<Pick<Deployment, 'verified' | 'outside'>> {
  if (!context.inputs.verify) return { verified: false, outside: undefined };
  return context.log.group('Verify', async () => {
    if (!connection) {
      const outside = await verifyFromOutside(context, application.appId, unchanged !== undefined);
      return { verified: outside.kind === 'verified', outside };
    }
    if (!release) return { verified: false, outside: undefined };
    await verifySignIn(context, { connection, release, application }, unchanged?.signIn);
    return { verified: true, outside: await observeFromOutside(context, application.appId, release.contextName) };
  });
}

/** The changes that have to wait until Headlamp is verified. @returns all changes that were made */
async function finish(
  context: Context,
  wanted: Wanted,
  planned: Plan,
  applied: Applied,
): Promise<readonly ChangeLine[]> {
  const { application, apis, clientSecret, connection, consent } = applied;
  const superseded = await removeSuperseded(context, clientSecret, application, connection?.kubernetes);
  if (planned.application.length > 0) await reassertApplication(context.graph, wanted.application, application, apis);
  return changesOf({ ...planned, superseded, ...(consent === 'missing' ? { consent: [] } : {}) });
}

async function observeAndDescribe(context: Context): Promise<Admitted> {
  const found = await observeAdmitted(context);
  for (const line of describeObservation(found.observed.observation, context.inputs.delivery)) context.log.info(line);
  return found;
}

interface Admitted {
  readonly observed: Observed;
  /** Changes made so that the API server admits this run. */
  readonly admitting: readonly ChangeLine[];
}

/**
 * If the API server denies access, and the identity may be in an admin group that is still to be added, adds that group
 * first and observes everything again.
 */
async function observeAdmitted(context: Context): Promise<Admitted> {
  const { cluster: client, inputs, log } = context;
  try {
    return { observed: await observe(context), admitting: [] };
  } catch (error) {
    if (!(error instanceof ActionError) || error.failure.id !== 'cluster-access-denied' || inputs.mode === 'plan')
      throw error;
    const [change] = planEntra(context, await observeCluster(client));
    if (!change) throw error;
    log.info(`The API server denies the deploying identity access; first ${change.detail}`);
    await applyCluster(client, change, inputs.waitTimeout, log);
    return { observed: await observe(context), admitting: changesOf({ cluster: [change] }) };
  }
}
