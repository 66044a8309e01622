import { path } from '../lib/api-path.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import type { Kubernetes } from './client.ts';
import { isOwn, LABELS, MANAGED_BY } from './labels.ts';

/**
 * The ClusterRole to list namespaces, and its binding: with `list-namespaces`, for the people who have rights in some
 * namespaces only; otherwise for nobody. Its name cannot collide with one for `access`, because names of namespaces
 * have no capital letters.
 */
export const namespaceReaderName = ({ namespace, name }: ReleaseName) =>
  `${MANAGED_BY}:Namespaces:${namespace}:${name}`;

const PATH = path`/apis/rbac.authorization.k8s.io/v1/clusterroles`;

/** Sets its rules again if somebody changed them. */
export async function ensureNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  const name = namespaceReaderName(release);
  const rules = [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }];
  const object = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels: LABELS },
    rules,
  };
  if ((await kubernetes.create(PATH, object)) === 'exists') await kubernetes.merge(path`${PATH}/${name}`, { rules });
}

export async function hasNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<boolean> {
  return isOwn((await kubernetes.find(path`${PATH}/${namespaceReaderName(release)}`)) ?? {});
}

export async function removeNamespaceReader(kubernetes: Kubernetes, release: ReleaseName): Promise<void> {
  await kubernetes.remove(path`${PATH}/${namespaceReaderName(release)}`);
}
