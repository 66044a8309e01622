import { path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Kubernetes } from './client.ts';

/** Those of the names that the cluster does not have. */
export async function missingNamespaces(kubernetes: Kubernetes, names: readonly string[]): Promise<readonly string[]> {
  const exist = await Promise.all(names.map((name) => kubernetes.find(path`/api/v1/namespaces/${name}`)));
  return names.filter((_, index) => exist[index] === undefined);
}

/**
 * @param isNew whether the cluster is still to be created
 * @throws ActionError namespace-not-found
 */
export function assertNamespacesExist([first, ...more]: readonly string[], isNew = false): void {
  if (first === undefined) return;
  const names = [first, ...more].join(', ');
  throw new ActionError({
    id: 'namespace-not-found',
    what: `access names ${more.length === 0 ? 'a namespace' : 'namespaces'} that the cluster does not have: ${names}`,
    why: 'A role in a namespace can be bound only after the namespace is created',
    fix: isNew
      ? fix`leave its rules out of access until the cluster is created; then create it and add them: kubectl create namespace ${first}`
      : fix`correct access, or create it: kubectl create namespace ${first}`,
  });
}
