import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { toArmActionError } from './arm-error.ts';
import type { ClusterClient } from './cluster-client.ts';

/** Why AKS did not create the cluster, as AKS says it: the ids of toArmActionError, or one of those in this file. */
export function toCreationActionError(
  error: unknown,
  client: ClusterClient,
  wanted: { readonly location: string; readonly kubernetesVersion: string | undefined },
): ActionError {
  const { name, resourceGroup, clientId, resourceGroupId } = client;
  const explained = toArmActionError(error, {
    doing: `Creating cluster ${name}`,
    clientId,
    scope: resourceGroupId,
    role: 'Contributor',
    id: 'cluster-create-failed',
    fix: fix`correct what AKS reports and run the job again; it completes the Failed cluster. For another node-count or node-vm-size, delete that cluster first: az aks delete --resource-group ${resourceGroup} --name ${name}`,
  });
  const { id, why } = explained.failure;
  if (id !== 'kubernetes-version-not-offered') return explained;
  return new ActionError(notOffered(wanted.kubernetesVersion ?? '', wanted.location, why), { cause: error });
}

export function versionNotOffered(version: string, location: string, offered: readonly string[]): ActionError {
  return new ActionError(notOffered(version, location, `It offers ${offered.join(', ')}`));
}

function notOffered(version: string, location: string, why: string) {
  return {
    id: 'kubernetes-version-not-offered',
    what: `Region ${location} does not offer Kubernetes ${version}`,
    why,
    fix: fix`set kubernetes-version to one that it offers (az aks get-versions --location ${location} --output table), or leave it out.`,
  } as const;
}
