import { stringAt } from '../json.ts';
import type { ReleaseName } from './access-binding.ts';
import { type Kubernetes, KubernetesRefusal } from './client.ts';
import { LABELS } from './labels.ts';
import { isOfVersion, oidcSecretName, REVISION_ANNOTATION, VAULT_SECRET_ANNOTATION } from './oidc-secret.ts';

/**
 * Other releases on the cluster that take their client secret from the same secret of the vault, and have not got its
 * newest version yet: the password before it has to stay until they have.
 * @returns namespace/release of each
 */
export async function releasesBehind(
  kubernetes: Kubernetes,
  own: ReleaseName,
  vaultSecret: { readonly uri: string; readonly version: string },
): Promise<readonly string[]> {
  const selector = Object.entries(LABELS).map(([key, value]) => `${key}=${value}`);
  const secrets = await listWherePermitted(kubernetes, own.namespace, selector.join(','));
  return secrets.flatMap((secret) => {
    const [namespace, name] = [stringAt(secret, 'metadata', 'namespace'), stringAt(secret, 'metadata', 'name') ?? ''];
    const annotation = (key: string) => stringAt(secret, 'metadata', 'annotations', key);
    if (namespace === own.namespace && name === oidcSecretName(own.name)) return [];
    const shares = annotation(VAULT_SECRET_ANNOTATION) === vaultSecret.uri;
    const behind = !isOfVersion(annotation(REVISION_ANNOTATION), vaultSecret.version);
    return shares && behind ? [`${namespace}/${name.replace(/-entra$/, '')}`] : [];
  });
}

/** In all namespaces, or where that is not permitted in the release's own. */
async function listWherePermitted(kubernetes: Kubernetes, namespace: string, selector: string) {
  try {
    return await kubernetes.list('/api/v1/secrets', selector);
  } catch (error) {
    if (!(error instanceof KubernetesRefusal) || error.status !== 403) throw error;
    return kubernetes.list(`/api/v1/namespaces/${namespace}/secrets`, selector);
  }
}
