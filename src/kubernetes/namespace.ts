import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Kubernetes } from './client.ts';
import { LABELS } from './labels.ts';

export interface NamespaceChange extends ChangeLine {
  readonly resource: 'namespace';
}

const PATH = path`/api/v1/namespaces`;

export async function observeNamespace(kubernetes: Kubernetes, name: string): Promise<boolean> {
  return (await kubernetes.find(path`${PATH}/${name}`)) !== undefined;
}

export function planNamespace(name: string, exists: boolean): NamespaceChange[] {
  return exists ? [] : [{ resource: 'namespace', action: 'create', detail: name }];
}

/** The label tells mode destroy that this action created it. */
export async function applyNamespace(kubernetes: Kubernetes, { detail: name }: NamespaceChange): Promise<void> {
  await kubernetes.create(PATH, { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: LABELS } });
}

export async function removeNamespace(kubernetes: Kubernetes, name: string): Promise<void> {
  await kubernetes.remove(path`${PATH}/${name}`);
}

/** Those of the names that the cluster does not have. */
export async function missingNamespaces(kubernetes: Kubernetes, names: readonly string[]): Promise<readonly string[]> {
  const exist = await Promise.all(names.map((name) => observeNamespace(kubernetes, name)));
  return names.filter((_, index) => !exist[index]);
}

/** @throws ActionError namespace-not-found */
export function assertNamespacesExist([first, ...more]: readonly string[]): void {
  if (first === undefined) return;
  const names = [first, ...more].join(', ');
  throw new ActionError({
    id: 'namespace-not-found',
    what: `access names ${more.length === 0 ? 'a namespace' : 'namespaces'} that the cluster does not have: ${names}`,
    why: 'A role in a namespace can be bound only after the namespace is created',
    fix: fix`correct access, or create it: kubectl create namespace ${first}`,
  });
}
