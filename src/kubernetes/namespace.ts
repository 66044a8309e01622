import { path } from '../lib/api-path.ts';
import type { ChangeLine } from '../lib/change.ts';
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
