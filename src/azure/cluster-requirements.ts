import type { ManagedCluster } from '@azure/arm-containerservice/models';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { ClusterClient } from './cluster-client.ts';

/**
 * Refuses a cluster that people cannot sign in to.
 * @throws ActionError cluster-stopped, cluster-without-kubernetes-rbac, cluster-legacy-entra, cluster-tenant-mismatch
 */
export function assertSupported(client: ClusterClient, model: ManagedCluster): void {
  const target = fix`--resource-group ${client.resourceGroup} --name ${client.name}`;
  if (model.powerState?.code === 'Stopped') {
    throw new ActionError({
      id: 'cluster-stopped',
      what: `Cluster ${client.name} is stopped`,
      why: 'A stopped cluster has no API server to deploy to',
      fix: fix`az aks start ${target}`,
    });
  }
  if (model.enableRbac === false) {
    throw new ActionError({
      id: 'cluster-without-kubernetes-rbac',
      what: `Cluster ${client.name} was created without Kubernetes RBAC`,
      why: 'Entra integration needs it, and AKS cannot turn it on later',
      fix: fix`deploy to a cluster that was created with Kubernetes RBAC, the default of az aks create.`,
    });
  }
  const entra = model.aadProfile;
  if (entra && !entra.managed && (entra.clientAppID || entra.serverAppID)) {
    throw new ActionError({
      id: 'cluster-legacy-entra',
      what: `Cluster ${client.name} uses the legacy Azure AD integration`,
      why: 'Its API server accepts tokens for its own server application, not for the AKS server application; migration changes how everybody signs in, so the action does not do it',
      fix: fix`az aks update ${target} --enable-aad --aad-admin-group-object-ids GROUP_OBJECT_ID`,
    });
  }
  if (entra?.managed && entra.tenantID && entra.tenantID.toLowerCase() !== client.tenantId) {
    throw new ActionError({
      id: 'cluster-tenant-mismatch',
      what: `Cluster ${client.name} only accepts people of tenant ${entra.tenantID}`,
      why: `The app registration would be in tenant ${client.tenantId}, whose tokens the API server refuses`,
      fix: fix`set tenant-id to ${entra.tenantID} and client-id to an application there.`,
    });
  }
}
