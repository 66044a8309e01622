import { randomUUID } from 'node:crypto';
import { type JsonObject, object, put } from '../../lib/json.ts';

export interface NewCluster {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly name: string;
  readonly location?: string;
  /** With its patch version. */
  readonly kubernetesVersion?: string;
  readonly dnsPrefix?: string;
  /** Properties as ARM names them; they override the defaults. */
  readonly properties?: JsonObject;
  readonly tags?: JsonObject;
}

export function clusterId({
  subscriptionId,
  resourceGroup,
  name,
}: Pick<NewCluster, 'subscriptionId' | 'resourceGroup' | 'name'>): string {
  return `/subscriptions/${subscriptionId}/resourcegroups/${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${name}`;
}

/** The default network profile. */
const networkProfile: JsonObject = {
  networkPlugin: 'azure',
  networkPluginMode: 'overlay',
  networkPolicy: 'none',
  networkDataplane: 'azure',
  loadBalancerSku: 'standard',
  loadBalancerProfile: { managedOutboundIPs: { count: 1 }, backendPoolType: 'nodeIPConfiguration' },
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.0.0.0/16',
  dnsServiceIP: '10.0.0.10',
  outboundType: 'loadBalancer',
  podCidrs: ['10.244.0.0/16'],
  serviceCidrs: ['10.0.0.0/16'],
  ipFamilies: ['IPv4'],
};

/** The default node pool. */
export function poolModel(kubernetesVersion: string): JsonObject {
  return {
    name: 'nodepool1',
    count: 2,
    vmSize: 'Standard_D2s_v5',
    osDiskSizeGB: 128,
    osDiskType: 'Managed',
    kubeletDiskType: 'OS',
    maxPods: 250,
    type: 'VirtualMachineScaleSets',
    mode: 'System',
    osType: 'Linux',
    osSKU: 'Ubuntu',
    provisioningState: 'Succeeded',
    powerState: { code: 'Running' },
    orchestratorVersion: kubernetesVersion,
    currentOrchestratorVersion: kubernetesVersion,
    nodeImageVersion: 'AKSUbuntu-2204gen2containerd-202510.03.0',
    enableAutoScaling: false,
    enableNodePublicIP: false,
    enableEncryptionAtHost: false,
    enableUltraSSD: false,
    enableFIPS: false,
    scaleDownMode: 'Delete',
    securityProfile: { enableVTPM: false, enableSecureBoot: false },
    upgradeSettings: { maxSurge: '10%', maxUnavailable: '0' },
    eTag: randomUUID(),
  };
}

/** The name of a private cluster resolves only inside its network. */
export function isPrivate(properties: JsonObject): boolean {
  return object(properties, 'apiServerAccessProfile')['enablePrivateCluster'] === true;
}

/** A cluster as ARM shows it, with the defaults of `az aks create`. */
export function clusterModel(cluster: NewCluster): JsonObject {
  const { name, location = 'westeurope', kubernetesVersion = '1.34.1', resourceGroup, subscriptionId } = cluster;
  const dnsPrefix = cluster.dnsPrefix ?? `${name}-${resourceGroup}`.replace(/[^a-z0-9-]/gi, '').slice(0, 40);
  const host = `${dnsPrefix.toLowerCase()}-${randomUUID().slice(0, 8)}`;
  const nodeResourceGroup = `MC_${resourceGroup}_${name}_${location}`;
  const identity = `/subscriptions/${subscriptionId}/resourcegroups/${nodeResourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}-agentpool`;
  return {
    id: clusterId(cluster),
    name,
    type: 'Microsoft.ContainerService/ManagedClusters',
    kind: 'Base',
    location,
    tags: cluster.tags ?? {},
    sku: { name: 'Base', tier: 'Free' },
    identity: { type: 'SystemAssigned', principalId: randomUUID(), tenantId: randomUUID() },
    properties: {
      provisioningState: 'Succeeded',
      powerState: { code: 'Running' },
      kubernetesVersion,
      currentKubernetesVersion: kubernetesVersion,
      dnsPrefix,
      ...(isPrivate(cluster.properties ?? {})
        ? { privateFQDN: `${host}.${randomUUID()}.privatelink.${location}.azmk8s.io` }
        : { fqdn: `${host}.hcp.${location}.azmk8s.io` }),
      azurePortalFQDN: `${host}.portal.hcp.${location}.azmk8s.io`,
      agentPoolProfiles: [poolModel(kubernetesVersion)],
      linuxProfile: { adminUsername: 'azureuser', ssh: { publicKeys: [{ keyData: 'ssh-rsa AAAA' }] } },
      servicePrincipalProfile: { clientId: 'msi' },
      oidcIssuerProfile: { enabled: false },
      nodeResourceGroup,
      enableRBAC: true,
      supportPlan: 'KubernetesOfficial',
      networkProfile: put(
        networkProfile,
        ['loadBalancerProfile', 'effectiveOutboundIPs'],
        [
          {
            id: `/subscriptions/${subscriptionId}/resourceGroups/${nodeResourceGroup}/providers/Microsoft.Network/publicIPAddresses/${randomUUID()}`,
          },
        ],
      ),
      maxAgentPools: 100,
      autoUpgradeProfile: { nodeOSUpgradeChannel: 'NodeImage' },
      identityProfile: { kubeletidentity: { resourceId: identity, clientId: randomUUID(), objectId: randomUUID() } },
      disableLocalAccounts: false,
      securityProfile: {},
      storageProfile: {
        diskCSIDriver: { enabled: true },
        fileCSIDriver: { enabled: true },
        snapshotController: { enabled: true },
      },
      workloadAutoScalerProfile: {},
      metricsProfile: { costAnalysis: { enabled: false } },
      nodeProvisioningProfile: { mode: 'Manual', defaultNodePools: 'Auto' },
      bootstrapProfile: { artifactSource: 'Direct' },
      resourceUID: randomUUID().replaceAll('-', ''),
      ...cluster.properties,
    },
  };
}
