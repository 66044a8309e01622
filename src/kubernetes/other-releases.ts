import { path } from '../lib/api-path.ts';
import { stringAt } from '../lib/json.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { LABELS } from './labels.ts';
import {
  CLIENT_ID_ANNOTATION,
  isOfVersion,
  oidcSecretName,
  SECRET_REVISION_ANNOTATION,
  VAULT_SECRET_ANNOTATION,
} from './oidc-secret.ts';
import { KubernetesRefusal } from './refusal.ts';

/** Another Headlamp that this action deployed on the cluster. */
export interface OtherRelease {
  /** namespace/release */
  readonly name: string;
  readonly namespace: string;
  /** Client ID of its app registration. */
  readonly clientId: string | undefined;
  /** URI of the vault secret that its client secret comes from, without a version. */
  readonly vaultSecretUri: string | undefined;
  readonly secretRevision: string | undefined;
}

/** In all namespaces; if the identity may not list those, in the release's own. */
export async function observeOtherReleases(kubernetes: Kubernetes, own: ReleaseName): Promise<readonly OtherRelease[]> {
  const secrets = await listWherePermitted(kubernetes, own.namespace);
  return secrets.flatMap((secret) => {
    const metadata = (...keys: string[]) => stringAt(secret, 'metadata', ...keys);
    const [namespace = '', name = ''] = [metadata('namespace'), metadata('name')];
    if (namespace === own.namespace && name === oidcSecretName(own.name)) return [];
    return {
      name: `${namespace}/${name.replace(/-entra$/, '')}`,
      namespace,
      clientId: metadata('annotations', CLIENT_ID_ANNOTATION),
      vaultSecretUri: metadata('annotations', VAULT_SECRET_ANNOTATION),
      secretRevision: metadata('annotations', SECRET_REVISION_ANNOTATION),
    };
  });
}

/** The releases that share the vault secret but do not have this version yet: they need an older password. */
export function releasesBehind(
  others: readonly OtherRelease[],
  vaultSecret: { readonly uri: string; readonly version: string },
): readonly string[] {
  return others
    .filter(
      (other) => other.vaultSecretUri === vaultSecret.uri && !isOfVersion(other.secretRevision, vaultSecret.version),
    )
    .map(({ name }) => name);
}

async function listWherePermitted(kubernetes: Kubernetes, namespace: string) {
  const labels = Object.entries(LABELS).map(([key, value]) => `${key}=${value}`);
  const selector = labels.join(',');
  try {
    return await kubernetes.list(path`/api/v1/secrets`, selector);
  } catch (error) {
    if (!(error instanceof KubernetesRefusal) || error.meaning !== 'permission') throw error;
    return kubernetes.list(path`/api/v1/namespaces/${namespace}/secrets`, selector);
  }
}
