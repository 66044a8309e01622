import { clusterResourceId, observeCluster } from '../azure/cluster.ts';
import { vaultSecretUri } from '../azure/vault-secret.ts';
import { applyClientSecret, observeClientSecret, removeSuperseded } from '../client-secret/apply.ts';
import { convergeOidcSecret, convergeRollout, othersBehind } from '../client-secret/deliver.ts';
import type { ClientSecretState } from '../client-secret/plan.ts';
import { inCluster } from '../connection/connect.ts';
import type { Clients } from '../context/clients.ts';
import type { Surroundings } from '../context/surroundings.ts';
import type { Application } from '../entra/application.ts';
import { observeApplication } from '../entra/application.ts';
import { ownerTag } from '../entra/password.ts';
import { observeRelease, type Release } from '../helm/release-record.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import { observeOidcSecret, oidcSecretName } from '../kubernetes/oidc-secret.ts';
import { observeRollouts, type Rollout } from '../kubernetes/rollout.ts';
import { ActionError } from '../lib/errors.ts';
import { settleAll } from '../lib/polling.ts';
import { changesOfRotation, planRotation } from './deploy/plan.ts';
import { logChanges } from './describe.ts';
import type { Result } from './outcome.ts';
import { verifyDeployed } from './verify.ts';

/** What a rotation looks at: the secret's way from the registration to the pods, and nothing else. */
interface Found {
  readonly application: Application;
  readonly kubernetes: Kubernetes;
  readonly release: Release;
  readonly rollout: Rollout;
}

/** Mode rotate: the client secret alone, with fewer permissions and requests than a deployment takes. */
export async function rotate(inputs: Inputs, clients: Clients, log: Surroundings['log']): Promise<Result> {
  const found = observeApplication(clients.graph, inputs.application);
  const [application, clientSecret, inside] = await log.group('Observe', () =>
    settleAll([
      found.then((present) => present ?? missing(inputs)),
      observeClientSecret(clients.secretTools, found),
      observeInside(inputs, clients),
    ]),
  );
  const tag = ownerTag(vaultSecretUri(clients.vault));
  const planned = planRotation(
    inputs,
    clients.cloud,
    { application, clientSecret, kubernetes: inside },
    tag,
    new Date(),
  );
  const changes = changesOfRotation(planned);
  await log.group('Plan', async () => logChanges(log, changes));

  const current: Found = { application, ...inside };
  const owner = { application, servicePrincipalId: notedPrincipal(clientSecret, application) };
  const applied = await log.group('Apply', async () => {
    const secret = await applyClientSecret(clients.secretTools, inputs, planned.clientSecret, owner);
    const { clientSecret, revision } = await convergeOidcSecret(
      clients,
      inputs,
      current.kubernetes,
      application,
      secret,
      inside.oidcSecret,
    );
    await convergeRollout(clients, inputs, current.kubernetes, current.rollout, revision);
    return clientSecret;
  });
  if (inputs.verify) await log.group('Verify', () => verifyDeployed(clients, inputs, current));
  const made = await removeSuperseded(
    clients.secretTools,
    applied,
    application,
    () => othersBehind(clients, inputs, current.kubernetes, applied),
    changes,
  );
  return {
    kind: 'deployment',
    inputs,
    cloud: clients.cloud,
    cluster: { id: clusterResourceId(clients.cluster), kubernetesVersion: '', entra: undefined },
    changes: made,
    facts: {
      application,
      servicePrincipalId: owner.servicePrincipalId,
      vaultSecretId: applied.vaultSecret.id,
      secretExpiresOn: applied.expiresOn,
      secretRotated: applied.rotated,
      release: current.release,
    },
    verified: inputs.verify,
    consentLink: undefined,
  };
}

async function observeInside(inputs: Inputs, clients: Clients) {
  const { namespace, releaseName } = inputs;
  // The cluster itself is looked at only where its API server keeps us out, to say why.
  return inCluster(
    clients.door,
    () => observeCluster(clients.cluster),
    async (kubernetes) => {
      const [oidcSecret, release, rollouts] = await Promise.all([
        observeOidcSecret(kubernetes, namespace, oidcSecretName(releaseName), clients.mask),
        observeRelease(kubernetes, namespace, releaseName),
        observeRollouts(kubernetes, namespace, releaseName),
      ]);
      const rollout = rollouts.find((candidate) => candidate.name === release?.deployment);
      if (!release || !rollout) throw notDeployed(inputs);
      return { kubernetes, oidcSecret, release, rollout };
    },
  );
}

function missing(inputs: Inputs): never {
  throw new ActionError({
    id: 'app-not-found',
    what: `There is no app registration of this action for cluster ${inputs.clusterName}`,
    why: 'Mode rotate changes the client secret of a deployment that exists',
    fix: 'run mode deploy first, with the same resource-group and cluster-name, or set app-client-id as there.',
  });
}

function notDeployed(inputs: Inputs): ActionError {
  return new ActionError({
    id: 'headlamp-not-deployed',
    what: `There is no Headlamp in namespace ${inputs.namespace} as Helm release ${inputs.releaseName}`,
    why: 'Mode rotate changes the client secret of a deployment that exists',
    fix: 'run mode deploy first, with the same namespace and release-name.',
  });
}

/** A rotation has no reason to read the service principal: what the vault notes of it goes on to the new secret. */
function notedPrincipal({ vault }: ClientSecretState, { appId }: Application): string | undefined {
  return vault.kind === 'present' && vault.secret.clientId === appId ? vault.secret.servicePrincipalId : undefined;
}
