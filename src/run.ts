import { apply } from './apply.ts';
import type { Cloud } from './azure/cloud.ts';
import { applyCluster, type Cluster, observeCluster, planCluster } from './azure/cluster.ts';
import { isRefusedAccess } from './azure/cluster-access.ts';
import { accessDenied } from './azure/cluster-credentials.ts';
import type { ChangeLine } from './change.ts';
import { vaultSecretUri } from './client-secret.ts';
import { type Clients, createClients } from './clients.ts';
import type { Application } from './entra/application.ts';
import { consentLink } from './entra/consent.ts';
import { passwordMark } from './entra/password.ts';
import type { ServicePrincipal } from './entra/service-principal.ts';
import { ActionError } from './errors.ts';
import type { IdTokenEndpoint } from './github/id-token.ts';
import type { HelmPlatform } from './helm/binary.ts';
import { refuseOldChart, resolveChart } from './helm/chart.ts';
import type { Environment } from './helm/cli.ts';
import type { Release } from './helm/release-record.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Log } from './log.ts';
import { type Observation, observe } from './observe.ts';
import { changesOf, type Plan, plan, wantedFrom } from './plan.ts';
import { lazyHelm, prepareRelease } from './prepare.ts';
import { describeObservation } from './report/observation.ts';
import { verifySignIn } from './verify.ts';

/** The machine and the job that a run happens on. */
export interface Surroundings {
  readonly endpoint: IdTokenEndpoint;
  readonly platform: HelmPlatform;
  readonly environment: Environment;
  readonly log: Log & { group<T>(title: string, work: () => Promise<T>): Promise<T> };
  readonly mask: (secret: string) => void;
}

/** What a run found or made, for outputs and summary. */
export interface Result {
  readonly inputs: Inputs;
  readonly cloud: Cloud;
  readonly cluster: Cluster;
  /** Made in mode deploy, still to be made in mode plan. */
  readonly changes: readonly ChangeLine[];
  readonly facts: Facts;
  readonly verified: boolean;
  /** The page on which an administrator has to consent. */
  readonly consentLink: string | undefined;
}

export interface Facts {
  readonly application: Application | undefined;
  readonly servicePrincipal: ServicePrincipal | undefined;
  readonly vaultSecretId: string | undefined;
  readonly secretExpiresOn: Date | undefined;
  readonly secretRotated: boolean;
  readonly release: Release | undefined;
}

/** One run: inputs, observe, plan, apply, verify. Reporting is left to who called. */
export async function run(inputs: Inputs, surroundings: Surroundings): Promise<Result> {
  if (inputs.chart.kind !== 'path') refuseOldChart(inputs.chartVersion);
  const { platform, environment, log, mask } = surroundings;
  const clients = createClients(inputs, surroundings.endpoint, log, mask);
  const helm = lazyHelm(inputs.helmVersion, platform, environment, clients.transport, log);
  const chart = await resolveChart(inputs.chart, inputs.chartVersion, helm);
  const wanted = wantedFrom(inputs, chart, passwordMark(vaultSecretUri(clients.vault)), clients.cloud);

  const { observation, kubernetes, admitting } = await log.group('Observe', async () => {
    const observed = await observeAdmitted(clients, inputs);
    for (const line of describeObservation(observed.observation)) log.info(line);
    return observed;
  });
  const planned = plan(inputs, wanted, observation, new Date());
  const changes = [...admitting, ...changesOf(planned)];
  await log.group('Plan', async () => explain(log, changes));

  const { kubernetesVersion } = observation.cluster;
  const session =
    planned.release.length === 0
      ? undefined
      : await log.group('Check chart and values', async () =>
          prepareRelease(await helm(), wanted.release, kubernetesVersion, platform.folder),
        );
  const common = { inputs, cloud: clients.cloud, cluster: observation.cluster };
  if (inputs.mode === 'plan') {
    return { ...common, changes, facts: observedFacts(observation, planned), verified: false, consentLink: undefined };
  }

  const applied = await log.group('Apply', () =>
    apply({ clients, inputs, wanted, plan: planned, observation }, kubernetes, session).catch((error: unknown) => {
      throw isRefusedAccess(error) ? accessDenied(clients.cluster, error, undefined) : error;
    }),
  );
  const { application, servicePrincipal, clientSecret, release, consent } = applied;
  if (inputs.verify && release) {
    await log.group('Verify', async () => {
      const basePath = new URL(inputs.url).pathname.replace(/\/$/, '');
      const { tenantId, redirectUri, namespace } = inputs;
      await verifySignIn(applied.kubernetes, release, {
        cloud: clients.cloud,
        tenantId,
        clientId: application.appId,
        redirectUri,
        basePath,
        namespace,
      });
      log.info(
        'Headlamp sends people to Entra with the right client id, redirect URI and scopes; Entra accepts the client secret',
      );
    });
  }
  return {
    ...common,
    changes: consent === 'refused' ? changes.filter((change) => change.resource !== 'admin consent') : changes,
    facts: {
      application,
      servicePrincipal,
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
    const [change] = planCluster(inputs.adminGroupObjectIds, await observeCluster(clients.cluster));
    if (!change) throw error;
    clients.log.info(`The API server keeps the deploying identity out; first ${change.detail}`);
    await applyCluster(clients.cluster, change, inputs.waitTimeout, clients.log);
    const { resource, action, detail } = change;
    return { ...(await observe(clients, inputs)), admitting: [{ resource, action, detail }] };
  }
}

function observedFacts({ entra, kubernetes, clientSecret }: Observation, { clientSecret: { decision } }: Plan): Facts {
  const secret = clientSecret.vault.kind === 'present' ? clientSecret.vault.secret : undefined;
  const password = entra.application?.passwords.find((candidate) => candidate.keyId === secret?.keyId);
  return {
    application: entra.application,
    servicePrincipal: entra.servicePrincipal,
    vaultSecretId: decision.kind === 'keep' ? decision.secret.id : secret?.id,
    secretExpiresOn: password?.endsOn ?? secret?.expiresOn,
    secretRotated: false,
    release: kubernetes.release,
  };
}

function explain(log: Log, changes: readonly ChangeLine[]): void {
  if (changes.length === 0) log.info('Nothing to change');
  for (const { resource, action, detail } of changes) log.info(`${action.padEnd(7)} ${resource.padEnd(17)} ${detail}`);
}
