import type { ManagedCluster } from '@azure/arm-containerservice/models';
import type { EntraSettings } from './cluster.ts';
import type { ClusterClient } from './cluster-client.ts';

/** The cluster to create. */
export interface ClusterSpec {
  /** Undefined: the resource group's. */
  readonly location: string | undefined;
  /** With or without the patch. Undefined: AKS's default. */
  readonly kubernetesVersion: string | undefined;
  readonly nodeVmSize: string;
  readonly nodeCount: number;
}

export interface NewCluster extends EntraSettings, ClusterSpec {
  readonly location: string;
}

/** As `az aks create --enable-aad --enable-oidc-issuer` creates it, but without an SSH key, as nobody would have
 * the private key. */
export function newModel(client: ClusterClient, wanted: NewCluster): ManagedCluster {
  const { location, kubernetesVersion, nodeCount, nodeVmSize, adminGroupObjectIds, azureRbac } = wanted;
  return {
    location,
    identity: { type: 'SystemAssigned' },
    sku: { name: 'Base', tier: 'Free' },
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    dnsPrefix: dnsPrefix(client),
    enableRbac: true,
    agentPoolProfiles: [
      {
        name: 'nodepool1',
        mode: 'System',
        type: 'VirtualMachineScaleSets',
        osType: 'Linux',
        vmSize: nodeVmSize,
        count: nodeCount,
      },
    ],
    networkProfile: {
      networkPlugin: 'azure',
      networkPluginMode: 'overlay',
      loadBalancerSku: 'standard',
      outboundType: 'loadBalancer',
    },
    aadProfile: {
      managed: true,
      tenantID: client.tenantId,
      adminGroupObjectIDs: [...adminGroupObjectIds],
      enableAzureRbac: azureRbac,
    },
    oidcIssuerProfile: { enabled: true },
    autoUpgradeProfile: { nodeOSUpgradeChannel: 'NodeImage' },
  };
}

/** As the az CLI builds it: at most 34 characters, starting with a letter. */
function dnsPrefix({ name, resourceGroup, subscriptionId }: ClusterClient): string {
  const plain = (text: string, length: number) => text.replace(/[^A-Za-z0-9-]/g, '').slice(0, length);
  const own = plain(name, 10);
  const prefix = /^[a-z]/i.test(own) ? own : `a${own}`.slice(0, 10);
  return `${prefix}-${plain(resourceGroup, 16)}-${subscriptionId.slice(0, 6)}`;
}
