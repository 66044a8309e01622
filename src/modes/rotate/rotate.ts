import { applyClientSecret, factsOf, observeClientSecret } from '../../client-secret/apply.ts';
import { deliverToCluster, deliverToPods } from '../../client-secret/deliver.ts';
import { warnOfLeftBehind } from '../../client-secret/left-behind.ts';
import { planRotation, type RotationPlan, recordedClientIds } from '../../client-secret/plan-rotation.ts';
import { removeSuperseded } from '../../client-secret/remove.ts';
import type { ClientSecretState } from '../../client-secret/rotation-due.ts';
import { assertSameSignIn } from '../../client-secret/same-sign-in.ts';
import { type Connection, connect } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import type { Deployment } from '../../context/outcome.ts';
import { type Application, observeApplication, wantedApplication } from '../../entra/application.ts';
import { assertApplicationOurs } from '../../entra/ownership.ts';
import { assertReleaseOurs } from '../../helm/ownership.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import { assertSecretOurs, type OidcSecret, observeOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { observeRollouts, type Rollout } from '../../kubernetes/rollout.ts';
import { changesInOrder, logChanges } from '../../lib/change.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { settleAll } from '../../lib/polling.ts';
import { observeFromOutside } from '../../verify/outside.ts';
import { verifySignIn } from '../../verify/sign-in.ts';

/** What a rotation reads: the path of the secret from the registration to the pods, and nothing else. */
interface Observed {
  readonly application: Application;
  readonly clientSecret: ClientSecretState;
  readonly connection: Connection;
  readonly headlamp: {
    readonly release: Release;
    readonly rollout: Rollout;
    readonly oidcSecret: OidcSecret | undefined;
  };
}

const ORDER = ['clientSecret', 'oidcSecret', 'rollout', 'superseded'] as const;

/** Mode rotate: replaces the client secret only, with fewer permissions and requests than a deployment needs. */
export async function rotate(context: Context): Promise<Deployment> {
  const { inputs, cloud, cluster, log } = context;
  const observed = await log.group('Observe', () => observe(context));
  const { application, connection, headlamp } = observed;
  await assertOurs(context, observed);
  const plan = planRotation(context, observed, new Date());
  await log.group('Plan', async () => logChanges(log, changesInOrder(ORDER, plan)));

  const servicePrincipalId = notedPrincipal(observed);
  const secret = await log.group('Apply', () => apply(context, observed, plan, servicePrincipalId));
  const outside = inputs.verify
    ? await log.group('Verify', async () => {
        await verifySignIn(context, { connection, release: headlamp.release, application });
        return observeFromOutside(context, application.appId, headlamp.release.contextName);
      })
    : undefined;
  const superseded = await removeSuperseded(context, secret, application, connection.kubernetes);
  warnOfLeftBehind(context, application, { ...observed.clientSecret, ...headlamp });
  return {
    kind: 'deployment',
    inputs,
    cloud,
    cluster: { id: cluster.id, kubernetesVersion: '', entra: undefined },
    changes: changesInOrder(ORDER, { ...plan, superseded }),
    facts: {
      application,
      servicePrincipalId,
      ...factsOf(secret),
      release: headlamp.release,
    },
    verified: inputs.verify,
    outside,
    values: undefined,
    consent: undefined,
  };
}

async function observe(context: Context): Promise<Observed> {
  const { graph, inputs } = context;
  const found = observeApplication(graph, inputs.application);
  const [application, clientSecret, inCluster] = await settleAll([
    found.then((present) => present ?? notFound(context)),
    observeClientSecret(context, found),
    observeCluster(context),
  ]);
  return { application, clientSecret, ...inCluster };
}

/** Reads the cluster resource only if the API server denies access, to say why. */
function observeCluster(context: Context): Promise<Pick<Observed, 'connection' | 'headlamp'>> {
  const { release: name, mask } = context;
  return connect(context, undefined, async (connection) => {
    const { kubernetes } = connection;
    const [oidcSecret, release, rollouts] = await Promise.all([
      observeOidcSecret(kubernetes, name, mask),
      observeRelease(kubernetes, name),
      observeRollouts(kubernetes, name),
    ]);
    const rollout = rollouts.find((candidate) => candidate.name === release?.deployment);
    if (!release || !rollout) throw notDeployed(context);
    return { connection, headlamp: { release, rollout, oidcSecret } };
  });
}

/** A rotation adds a password to the registration and restarts pods: both have to be this action's. */
async function assertOurs(context: Context, observed: Observed): Promise<void> {
  const { graph, release } = context;
  const { application, headlamp } = observed;
  assertSecretOurs(release, headlamp.oidcSecret);
  assertReleaseOurs(release, headlamp.release);
  await assertApplicationOurs(graph, wantedApplication(context), application, recordedClientIds(observed));
  assertSameSignIn(context, application, headlamp.oidcSecret, 'Nothing was changed');
}

/** Ends when the pods run with the client secret. */
async function apply(
  context: Context,
  { application, connection: { kubernetes }, headlamp }: Observed,
  plan: RotationPlan,
  servicePrincipalId: string | undefined,
) {
  const made = await applyClientSecret(context, plan.secret, { application, servicePrincipalId });
  const { clientSecret, secretRevision } = await deliverToCluster(
    context,
    kubernetes,
    { application, clientSecret: made },
    headlamp.oidcSecret,
  );
  await deliverToPods(context, kubernetes, headlamp.rollout, secretRevision);
  return clientSecret;
}

export function notFound({ inputs }: Context): never {
  throw new ActionError({
    id: 'app-not-found',
    what: `This action has no app registration for cluster ${inputs.clusterName}`,
    why: 'Mode rotate changes the client secret of a deployment that exists',
    fix: fix`run mode deploy first, with the same resource-group and cluster-name, or set app-client-id as in that deployment.`,
  });
}

function notDeployed({ release }: Context): ActionError {
  return new ActionError({
    id: 'headlamp-not-deployed',
    what: `There is no Helm release ${release.name} of Headlamp in namespace ${release.namespace}`,
    why: 'Mode rotate changes the client secret of a deployment that exists',
    fix: fix`run mode deploy first, with the same namespace and release-name.`,
  });
}

/** A rotation does not read the service principal: the ID recorded with the vault secret is copied to the new one. */
export function notedPrincipal({
  application,
  clientSecret: { vault },
}: Pick<Observed, 'application' | 'clientSecret'>): string | undefined {
  return vault.kind === 'present' && vault.secret.clientId === application.appId
    ? vault.secret.servicePrincipalId
    : undefined;
}
