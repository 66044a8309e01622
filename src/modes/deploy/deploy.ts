import { applyCluster, clusterResourceId, observeCluster, planCluster } from '../../azure/cluster.ts';
import { vaultSecretUri } from '../../azure/vault-secret.ts';
import { removeSuperseded } from '../../client-secret/apply.ts';
import { othersBehind } from '../../client-secret/deliver.ts';
import type { Clients } from '../../context/clients.ts';
import type { Surroundings } from '../../context/surroundings.ts';
import { reassertApplication } from '../../entra/application.ts';
import { consentLink } from '../../entra/consent.ts';
import { ownerTag } from '../../entra/password.ts';
import { resolveChart } from '../../helm/chart.ts';
import { lazyHelm, prepareRelease } from '../../helm/session.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { ActionError } from '../../lib/errors.ts';
import { settleAll } from '../../lib/polling.ts';
import { describeObservation, logChanges } from '../describe.ts';
import type { Facts, Result } from '../outcome.ts';
import { verifyDeployed } from '../verify.ts';
import { apply } from './apply.ts';
import { type Observation, observe } from './observe.ts';
import { changesOf, type Plan, plan, wantedFrom } from './plan.ts';
import { preflight } from './preflight.ts';

/** Modes deploy and plan: observe, plan, apply, verify. In mode plan nothing is written. */
export async function deploy(inputs: Inputs, clients: Clients, surroundings: Surroundings): Promise<Result> {
  const { platform, environment, log } = surroundings;
  const helm = lazyHelm(inputs.helmVersion, platform, environment, inputs.waitTimeout, clients.transport, log);
  const chart = await resolveChart(inputs.chart, inputs.chartVersion, helm);
  const wanted = wantedFrom(inputs, chart, ownerTag(vaultSecretUri(clients.vault)), clients.cloud);

  const { observation, entered, signIn, admitting } = await log.group('Observe', async () => {
    const observed = await observeAdmitted(clients, inputs);
    for (const line of describeObservation(observed.observation)) log.info(line);
    return observed;
  });
  const planned = plan(inputs, wanted, observation, new Date());
  const changes = [...admitting, ...changesOf(planned)];
  await log.group('Plan', async () => logChanges(log, changes));

  const cluster = clusterFacts(observation, clients, inputs);
  const [session] = await settleAll([
    planned.release.length === 0
      ? undefined
      : log.group('Check chart and values', async () =>
          prepareRelease(await helm(), wanted.release, cluster.kubernetesVersion, platform.folder),
        ),
    inputs.mode === 'plan' ? undefined : preflight(clients, inputs, planned, observation.entra),
  ]);
  const common = { kind: 'deployment', inputs, cloud: clients.cloud } as const;
  if (inputs.mode === 'plan') {
    return {
      ...common,
      cluster,
      changes,
      facts: observedFacts(observation, planned),
      verified: false,
      consentLink: undefined,
    };
  }

  const applied = await log.group('Apply', () =>
    apply({ clients, inputs, wanted, plan: planned, observation }, entered, session),
  );
  const { application, servicePrincipal, clientSecret, release, consent } = applied;
  if (inputs.verify && release) {
    await log.group('Verify', () =>
      verifyDeployed(
        clients,
        inputs,
        { kubernetes: applied.kubernetes, release, application },
        changes.length === 0 ? signIn : undefined,
      ),
    );
  }
  const made = await removeSuperseded(
    clients.secretTools,
    clientSecret,
    application,
    () => othersBehind(clients, inputs, applied.kubernetes, clientSecret),
    changes,
  );
  if (planned.application.length > 0)
    await reassertApplication(clients.graph, wanted.application, application, applied.apis);
  return {
    ...common,
    cluster: applied.cluster,
    changes: consent === 'refused' ? made.filter((change) => change.resource !== 'admin consent') : made,
    facts: {
      application,
      servicePrincipalId: servicePrincipal.objectId,
      vaultSecretId: clientSecret.vaultSecret.id,
      secretExpiresOn: clientSecret.expiresOn,
      secretRotated: clientSecret.rotated,
      release,
    },
    verified: inputs.verify,
    consentLink: consent === 'refused' ? consentLink(clients.cloud, inputs.tenantId, application.appId) : undefined,
  };
}

/**
 * Where the API server keeps the identity out and one of the admin groups still to be added may be its own, the group
 * is added first and everything is observed again.
 */
async function observeAdmitted(clients: Clients, inputs: Inputs) {
  try {
    return { ...(await observe(clients, inputs)), admitting: [] };
  } catch (error) {
    if (!(error instanceof ActionError) || error.failure.id !== 'cluster-access-denied' || inputs.mode === 'plan')
      throw error;
    const { adminGroupObjectIds, enableAzureRbac: azureRbac } = inputs;
    const [change] = planCluster({ adminGroupObjectIds, azureRbac }, await observeCluster(clients.cluster));
    if (!change) throw error;
    clients.log.info(`The API server keeps the deploying identity out; first ${change.detail}`);
    await applyCluster(clients.cluster, change, inputs.waitTimeout, clients.log);
    const { resource, action, detail } = change;
    return { ...(await observe(clients, inputs)), admitting: [{ resource, action, detail }] };
  }
}

/** Of a cluster that is not there yet, as much as the inputs tell. */
function clusterFacts({ cluster }: Observation, clients: Clients, { creation }: Inputs): Result['cluster'] {
  if (cluster.kind !== 'absent') return cluster.cluster;
  const kubernetesVersion = creation.createCluster?.kubernetesVersion ?? '';
  return { id: clusterResourceId(clients.cluster), kubernetesVersion, entra: undefined };
}

function observedFacts({ entra, kubernetes, clientSecret }: Observation, { clientSecret: { decision } }: Plan): Facts {
  const secret = clientSecret.vault.kind === 'present' ? clientSecret.vault.secret : undefined;
  const password = entra.application?.passwords.find((candidate) => candidate.keyId === secret?.keyId);
  return {
    application: entra.application,
    servicePrincipalId: entra.servicePrincipal?.objectId,
    vaultSecretId: decision.kind === 'keep' ? decision.secret.id : secret?.id,
    secretExpiresOn: password?.endsOn ?? secret?.expiresOn,
    secretRotated: false,
    release: kubernetes.release,
  };
}
