import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import { type Kubernetes, KubernetesRefusal } from '../kubernetes/client.ts';
import {
  applyOidcSecret,
  type OidcSecret,
  observeOidcSecret,
  oidcSecretName,
  oidcSettings,
} from '../kubernetes/oidc-secret.ts';
import { awaitRollout, type Rollout, restart } from '../kubernetes/rollout.ts';
import { milliseconds } from '../lib/duration.ts';
import { type ClientSecret, newestClientSecret } from './apply.ts';

/** How often a Secret is written that others write at the same time. */
const ATTEMPTS = 5;

/** The client secret as the cluster has it now, and the revision that the pods have to carry. */
export interface Delivered {
  readonly clientSecret: ClientSecret;
  readonly secretRevision: string;
}

/**
 * Writes the Secret only over the one that was seen: of two runs at once the later one goes by what the vault holds by
 * then, so that no pod is left with a client secret that the other run is about to remove.
 * @param made the client secret, and the registration that it is of
 */
export async function deliverToCluster(
  context: Context,
  kubernetes: Kubernetes,
  { clientSecret, application }: { readonly clientSecret: ClientSecret; readonly application: Application },
  observed: OidcSecret | undefined,
): Promise<Delivered> {
  const { release, vault, mask } = context;
  let [secret, present] = [clientSecret, observed];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { value, version } = secret.vaultSecret;
    const wanted = {
      release,
      settings: oidcSettings(context, application.appId, value),
      vaultSecret: { uri: vault.secretUri, version },
    };
    const secretRevision = await applyOidcSecret(kubernetes, wanted, present);
    if (secretRevision !== undefined) return { clientSecret: secret, secretRevision };
    present = await observeOidcSecret(kubernetes, release, mask);
    secret = await newestClientSecret(context, secret, application);
  }
  const name = oidcSecretName(release.name);
  throw new KubernetesRefusal(`Secret ${name} was changed by somebody else each time it was to be written`, 409);
}

/** Restarts the pods if they do not carry the revision yet, and ends when they run. */
export async function deliverToPods(
  { inputs, release, log }: Context,
  kubernetes: Kubernetes,
  rollout: Rollout,
  secretRevision: string,
): Promise<void> {
  const deployment = { namespace: release.namespace, name: rollout.name };
  const restarts = rollout.secretRevision !== secretRevision;
  if (restarts) await restart(kubernetes, deployment, secretRevision);
  if (restarts || !rollout.complete)
    await awaitRollout(kubernetes, deployment, { timeoutMs: milliseconds(inputs.waitTimeout), log });
}
