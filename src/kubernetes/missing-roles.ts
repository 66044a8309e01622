import { path } from '../lib/api-path.ts';
import type { Log } from '../lib/log.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { few } from '../lib/text.ts';
import type { Kubernetes } from './client.ts';
import { namespaceReaderName } from './namespace-reader.ts';
import { KubernetesRefusal } from './refusal.ts';
import type { RoleBindingChange } from './role-bindings.ts';

/** Kubernetes binds roles that do not exist, without a word: a misspelled one would give people nothing. */
export async function missingRoles(kubernetes: Kubernetes, names: readonly string[]): Promise<readonly string[]> {
  const roles = [...new Set(names)];
  const exist = await Promise.all(roles.map((role) => exists(kubernetes, role)));
  return roles.filter((_, index) => !exist[index]);
}

export const describeMissing = (missing: readonly string[]): string =>
  `There is no ClusterRole ${few(missing)}, so it gives nobody any rights until it is created`;

export async function warnOfMissingRoles(
  kubernetes: Kubernetes,
  release: ReleaseName,
  changes: readonly RoleBindingChange[],
  log: Log,
): Promise<void> {
  const bound = changes.filter(({ action }) => action === 'create').map(({ binding }) => binding.clusterRole);
  // That one comes with its binding.
  const roles = bound.filter((role) => role !== namespaceReaderName(release));
  const missing = await missingRoles(kubernetes, roles);
  if (missing.length > 0)
    log.warning(
      'access names no ClusterRole of the cluster',
      `${describeMissing(missing)}. Every cluster has view, edit, admin and cluster-admin`,
    );
}

async function exists(kubernetes: Kubernetes, role: string): Promise<boolean> {
  try {
    return (await kubernetes.find(path`/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`)) !== undefined;
  } catch (error) {
    if (error instanceof KubernetesRefusal && error.meaning === 'permission') return true;
    throw error;
  }
}
