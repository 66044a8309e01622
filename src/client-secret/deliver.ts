import { vaultSecretUri } from '../azure/vault-secret.ts';
import type { Clients } from '../context/clients.ts';
import type { Application } from '../entra/application.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { type Kubernetes, KubernetesRefusal } from '../kubernetes/client.ts';
import {
  applyOidcSecret,
  type OidcSecret,
  observeOidcSecret,
  oidcSecretName,
  oidcSettings,
} from '../kubernetes/oidc-secret.ts';
import { observeOtherReleases, releasesBehind } from '../kubernetes/other-releases.ts';
import { awaitRollout, type Rollout, restart } from '../kubernetes/rollout.ts';
import { milliseconds } from '../lib/duration.ts';
import { type ClientSecret, newestClientSecret } from './apply.ts';

/** How often a Secret is written that others write at the same time. */
const DELIVERIES = 5;

/** The client secret as the cluster has it now, and the revision that the pods have to carry. */
export interface Delivered {
  readonly clientSecret: ClientSecret;
  readonly revision: string;
}

/**
 * Writes the Secret only over the one that was seen: of two runs at once the later one goes by what the vault holds by
 * then, so that no pod is left with a client secret that the other run is about to remove.
 */
export async function convergeOidcSecret(
  clients: Clients,
  inputs: Inputs,
  kubernetes: Kubernetes,
  application: Application,
  clientSecret: ClientSecret,
  observed: OidcSecret | undefined,
): Promise<Delivered> {
  const { namespace, tenantId, redirectUri } = inputs;
  const uri = vaultSecretUri(clients.vault);
  const name = oidcSecretName(inputs.releaseName);
  let [secret, present] = [clientSecret, observed];
  for (let attempt = 1; attempt <= DELIVERIES; attempt += 1) {
    const { value, version } = secret.vaultSecret;
    const settings = oidcSettings(clients.cloud, tenantId, application.appId, value, redirectUri);
    const revision = await applyOidcSecret(kubernetes, namespace, name, settings, present, { uri, version });
    if (revision !== undefined) return { clientSecret: secret, revision };
    present = await observeOidcSecret(kubernetes, namespace, name, clients.mask);
    secret = await newestClientSecret(clients.secretTools, secret, application);
  }
  throw new KubernetesRefusal(`Secret ${name} was changed by somebody else each time it was to be written`, 409);
}

/** Other Headlamps on the cluster that share the vault's secret and still run with an older one. */
export async function othersBehind(
  { vault }: Clients,
  { namespace, releaseName: name }: Inputs,
  kubernetes: Kubernetes,
  { vaultSecret }: ClientSecret,
): Promise<readonly string[]> {
  const others = await observeOtherReleases(kubernetes, { namespace, name });
  return releasesBehind(others, { uri: vaultSecretUri(vault), version: vaultSecret.version });
}

/** Restarts the pods where they do not carry the revision yet, and ends when they run. */
export async function convergeRollout(
  { log }: Clients,
  inputs: Inputs,
  kubernetes: Kubernetes,
  rollout: Rollout,
  revision: string,
): Promise<void> {
  const { namespace, waitTimeout } = inputs;
  const restarts = rollout.revision !== revision;
  if (restarts) await restart(kubernetes, namespace, rollout.name, revision);
  if (restarts || !rollout.complete)
    await awaitRollout(kubernetes, namespace, rollout.name, milliseconds(waitTimeout), log);
}
