import { type ContainerServiceContext, createContainerService } from '@azure/arm-containerservice/api';
import type { TokenCredential } from '@azure/core-auth';
import type { Transport } from '../http/transport.ts';
import { offeredVersionPolicy } from './api-version.ts';
import type { Cloud } from './cloud.ts';
import { type OperationStatus, operationStatusPolicy } from './operation-status.ts';
import { type ResourceId, resourceId } from './resource-id.ts';

/** Chosen here, so that an update of the SDK does not move it: its model of a cluster goes back whole in an update. */
export const AKS_API_VERSION = '2026-04-01';

/** An AKS cluster, which may not exist yet, and the client for it. */
export interface ClusterClient {
  readonly context: ContainerServiceContext;
  readonly cloud: Cloud;
  /** The deploying identity, for commands in error messages. */
  readonly clientId: string;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  /** Azure resource ID of the cluster. */
  readonly id: ResourceId;
  readonly resourceGroupId: ResourceId;
  /** Of the operation that is waited for. */
  readonly operation: OperationStatus;
}

export interface ClusterName {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly clusterName: string;
}

/** What all clients of Azure services share. */
export interface AzureSession {
  readonly clientId: string;
  readonly tenantId: string;
  readonly credential: TokenCredential;
  readonly cloud: Cloud;
  readonly transport: Transport;
}

export function createClusterClient(session: AzureSession, names: ClusterName): ClusterClient {
  const { clientId, tenantId, credential, cloud, transport } = session;
  const { subscriptionId, resourceGroup, clusterName: name } = names;
  const operation: OperationStatus = { text: '' };
  const subscription = resourceId`/subscriptions/${subscriptionId}`;
  const resourceGroupId = resourceId`${subscription}/resourceGroups/${resourceGroup}`;
  const id = resourceId`${resourceGroupId}/providers/Microsoft.ContainerService/managedClusters/${name}`;
  const clientOptions = transport.clientOptions(
    `${cloud.resourceManager}${id}`,
    // Versions of Kubernetes, and the state of operations.
    `${cloud.resourceManager}${subscription}/providers/Microsoft.ContainerService/locations`,
  );
  const additionalPolicies = [
    { policy: offeredVersionPolicy(), position: 'perCall' as const },
    { policy: operationStatusPolicy(operation), position: 'perCall' as const },
    ...clientOptions.additionalPolicies,
  ];
  return {
    context: createContainerService(credential, subscriptionId, {
      endpoint: cloud.resourceManager,
      apiVersion: AKS_API_VERSION,
      credentials: { scopes: [cloud.scope('resourceManager')] },
      ...clientOptions,
      additionalPolicies,
    }),
    cloud,
    clientId,
    tenantId,
    subscriptionId,
    resourceGroup,
    name,
    id,
    resourceGroupId,
    operation,
  };
}
