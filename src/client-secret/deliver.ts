import type { Context } from '../context/context.ts';
import type { Application } from '../entra/application.ts';
import type { Kubernetes } from '../kubernetes/client.ts';
import {
  applyOidcSecret,
  assertSecretOurs,
  type OidcSecret,
  observeOidcSecret,
  oidcSecretName,
  oidcSettings,
} from '../kubernetes/oidc-secret.ts';
import { KubernetesRefusal } from '../kubernetes/refusal.ts';
import { awaitRollout, type Rollout, restart } from '../kubernetes/rollout.ts';
import { milliseconds } from '../lib/duration.ts';
import { type ClientSecret, newestClientSecret } from './apply.ts';
import { assertSameSignIn } from './same-sign-in.ts';

/** How often a write of the Secret is tried while others change it. */
const ATTEMPTS = 5;

const CHANGED_MEANWHILE =
  'A deployment changed it during this run; the new client secret is in the vault, where the next deployment takes it from';

/** The client secret in the cluster, and the revision that the pods must carry. */
export interface Delivered {
  readonly clientSecret: ClientSecret;
  readonly secretRevision: string;
}

/**
 * Writes the Secret only if it is unchanged since `observed`. If another run has changed it, uses the vault's current
 * secret. Otherwise pods could keep a client secret that the other run is about to remove.
 * @throws ActionError secret-not-ours, if somebody else's has taken its place; headlamp-redirect-wrong, if mode rotate would
 * lead people elsewhere than a deployment does since; KubernetesRefusal if others keep changing it
 */
export async function deliverToCluster(
  context: Context,
  kubernetes: Kubernetes,
  { clientSecret, application }: { readonly clientSecret: ClientSecret; readonly application: Application },
  observed: OidcSecret | undefined,
): Promise<Delivered> {
  const { inputs, release, vault, mask } = context;
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
    assertSecretOurs(release, present);
    if (inputs.mode === 'rotate') assertSameSignIn(context, application, present, CHANGED_MEANWHILE);
    secret = await newestClientSecret(context, secret, application);
  }
  const name = oidcSecretName(release.name);
  throw new KubernetesRefusal(`Secret ${name} was changed by others before each attempt to write it`, 409);
}

/** Restarts the pods if they do not carry the revision yet, and waits until they are ready. */
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
