import type { ChangeLine } from '../change.ts';
import type { Kubernetes } from './client.ts';

export interface NamespaceChange extends ChangeLine {
  readonly resource: 'namespace';
}

export async function observeNamespace(kubernetes: Kubernetes, name: string): Promise<boolean> {
  return (await kubernetes.find(`/api/v1/namespaces/${name}`)) !== undefined;
}

export function planNamespace(name: string, exists: boolean): NamespaceChange[] {
  return exists ? [] : [{ resource: 'namespace', action: 'create', detail: name }];
}

export async function applyNamespace(kubernetes: Kubernetes, name: string): Promise<void> {
  await kubernetes.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
}
