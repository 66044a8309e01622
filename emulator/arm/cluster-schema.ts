import { isObject } from '../json.ts';
import type { JsonObject } from '../server/exchange.ts';
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

/** Azure answers them and refuses to have them changed. */
export const READ_ONLY = [
  'provisioningState',
  'powerState',
  'maxAgentPools',
  'currentKubernetesVersion',
  'fqdn',
  'azurePortalFQDN',
  'resourceUID',
];

/** @throws ArmError 400 for a property the API does not know */
export function checkProperties(body: JsonObject): void {
  const properties = section(body, 'properties');
  refuseUnknown(body, TOP, 'ManagedCluster');
  refuseUnknown(properties, PROPERTIES, 'properties');
  refuseUnknown(section(properties, 'aadProfile'), AAD_PROFILE, 'properties.aadProfile');
  const groups = section(properties, 'aadProfile')['adminGroupObjectIDs'];
  const isList =
    groups === undefined ||
    groups === null ||
    (Array.isArray(groups) && groups.every((group) => typeof group === 'string'));
  if (!isList)
    throw badRequest('InvalidParameter', 'The value of parameter aadProfile.adminGroupObjectIDs is invalid.');
}

function section(target: JsonObject, name: string): JsonObject {
  const found = target[name];
  return isObject(found) ? found : {};
}

function refuseUnknown(target: JsonObject, known: readonly string[], where: string): void {
  const unknown = Object.keys(target).find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw badRequest(
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: 'Could not find member '${unknown}' on object of type '${where}'.'`,
  );
}
