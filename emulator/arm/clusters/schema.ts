import { type JsonObject, list, object } from '../../lib/json.ts';
import { refuseUnknown } from '../request/body.ts';
import { badRequest } from './errors.ts';

const TOP = [
  'id',
  'name',
  'type',
  'location',
  'tags',
  'properties',
  'identity',
  'sku',
  'kind',
  'extendedLocation',
  'eTag',
  'systemData',
];

/** Properties of a managed cluster, API version 2026-04-01.
 * https://learn.microsoft.com/rest/api/aks/managed-clusters/create-or-update */
const PROPERTIES = [
  ...[
    'provisioningState',
    'powerState',
    'maxAgentPools',
    'currentKubernetesVersion',
    'fqdn',
    'privateFQDN',
    'azurePortalFQDN',
    'resourceUID',
  ],
  ...[
    'kubernetesVersion',
    'dnsPrefix',
    'fqdnSubdomain',
    'agentPoolProfiles',
    'linuxProfile',
    'windowsProfile',
    'servicePrincipalProfile',
  ],
  ...[
    'addonProfiles',
    'podIdentityProfile',
    'oidcIssuerProfile',
    'nodeResourceGroup',
    'nodeResourceGroupProfile',
    'enableRBAC',
    'supportPlan',
  ],
  ...[
    'networkProfile',
    'aadProfile',
    'autoUpgradeProfile',
    'upgradeSettings',
    'autoScalerProfile',
    'apiServerAccessProfile',
    'diskEncryptionSetID',
  ],
  ...[
    'identityProfile',
    'privateLinkResources',
    'disableLocalAccounts',
    'httpProxyConfig',
    'securityProfile',
    'storageProfile',
    'ingressProfile',
  ],
  ...[
    'publicNetworkAccess',
    'workloadAutoScalerProfile',
    'azureMonitorProfile',
    'serviceMeshProfile',
    'metricsProfile',
    'nodeProvisioningProfile',
  ],
  ...['bootstrapProfile', 'aiToolchainOperatorProfile', 'hostedSystemProfile', 'status'],
];
const AAD_PROFILE = [
  'managed',
  'enableAzureRBAC',
  'adminGroupObjectIDs',
  'clientAppID',
  'serverAppID',
  'serverAppSecret',
  'tenantID',
];

const AGENT_POOL = [
  ...['name', 'count', 'vmSize', 'osDiskSizeGB', 'osDiskType', 'kubeletDiskType', 'workloadRuntime', 'messageOfTheDay'],
  ...['vnetSubnetID', 'podSubnetID', 'podIPAllocationMode', 'maxPods', 'osType', 'osSKU', 'maxCount', 'minCount'],
  ...['enableAutoScaling', 'scaleDownMode', 'type', 'mode', 'orchestratorVersion', 'currentOrchestratorVersion'],
  ...['nodeImageVersion', 'upgradeStrategy', 'upgradeSettings', 'upgradeSettingsBlueGreen', 'provisioningState'],
  ...['powerState', 'availabilityZones', 'enableNodePublicIP', 'nodePublicIPPrefixID', 'scaleSetPriority'],
  ...['scaleSetEvictionPolicy', 'spotMaxPrice', 'tags', 'nodeLabels', 'nodeTaints', 'nodeInitializationTaints'],
  ...['proximityPlacementGroupID', 'kubeletConfig', 'linuxOSConfig', 'enableEncryptionAtHost', 'enableUltraSSD'],
  ...['enableFIPS', 'gpuInstanceProfile', 'creationData', 'capacityReservationGroupID', 'hostGroupID'],
  ...[
    'networkProfile',
    'windowsProfile',
    'securityProfile',
    'gpuProfile',
    'gatewayProfile',
    'artifactStreamingProfile',
  ],
  ...['virtualMachinesProfile', 'virtualMachineNodesStatus', 'localDNSProfile', 'status', 'eTag'],
];
const NETWORK_PROFILE = [
  ...['networkPlugin', 'networkPluginMode', 'networkPolicy', 'networkMode', 'networkDataplane', 'advancedNetworking'],
  ...['podCidr', 'serviceCidr', 'dnsServiceIP', 'outboundType', 'loadBalancerSku', 'loadBalancerProfile'],
  ...['natGatewayProfile', 'staticEgressGatewayProfile', 'podCidrs', 'serviceCidrs', 'ipFamilies'],
];

/** Azure returns these properties and refuses to change them. */
export const READ_ONLY = [
  'provisioningState',
  'powerState',
  'maxAgentPools',
  'currentKubernetesVersion',
  'fqdn',
  'azurePortalFQDN',
  'resourceUID',
];

/** @throws ArmError 400 for an unknown property */
export function checkProperties(body: JsonObject): void {
  const properties = object(body, 'properties');
  refuseUnknown(body, TOP, 'ManagedCluster');
  refuseUnknown(object(body, 'identity'), ['type', 'principalId', 'tenantId', 'userAssignedIdentities'], 'identity');
  refuseUnknown(object(body, 'sku'), ['name', 'tier'], 'sku');
  refuseUnknown(properties, PROPERTIES, 'properties');
  refuseUnknown(object(properties, 'aadProfile'), AAD_PROFILE, 'properties.aadProfile');
  refuseUnknown(object(properties, 'networkProfile'), NETWORK_PROFILE, 'properties.networkProfile');
  refuseUnknown(object(properties, 'oidcIssuerProfile'), ['enabled', 'issuerURL'], 'properties.oidcIssuerProfile');
  for (const pool of list(properties, 'agentPoolProfiles'))
    refuseUnknown(object(pool), AGENT_POOL, 'properties.agentPoolProfiles');
  const groups = object(properties, 'aadProfile')['adminGroupObjectIDs'];
  const isList =
    groups === undefined ||
    groups === null ||
    (Array.isArray(groups) && groups.every((group) => typeof group === 'string'));
  if (!isList)
    throw badRequest('InvalidParameter', 'The value of parameter aadProfile.adminGroupObjectIDs is invalid.');
}
