import type { ManagedCluster } from '@azure/arm-containerservice/models';
import { type ResourceId, resourceIdIn } from './resource-id.ts';

/** A resource that a cluster uses, and the action on it that Azure requires for every change of the cluster. */
export interface LinkedResource {
  readonly scope: ResourceId;
  readonly action: string;
}

const JOIN_SUBNET = 'Microsoft.Network/virtualNetworks/subnets/join/action';
const JOIN_ADDRESS = 'Microsoft.Network/publicIPAddresses/join/action';
const JOIN_PREFIX = 'Microsoft.Network/publicIPPrefixes/join/action';
const ASSIGN_IDENTITY = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
const READ_WORKSPACE = 'Microsoft.OperationalInsights/workspaces/sharedkeys/read';
const READ_DISK_ENCRYPTION = 'Microsoft.Compute/diskEncryptionSets/read';

/** Only those that people created, not what AKS itself keeps in the resource group of the nodes. */
export function linkedResources(model: ManagedCluster): readonly LinkedResource[] {
  const of = (action: string, ...ids: readonly (string | undefined)[]) =>
    ids.flatMap((id) => {
      const scope = resourceIdIn(id);
      return scope !== undefined && IN_A_GROUP.test(scope) ? [{ scope, action }] : [];
    });
  const pools = model.agentPoolProfiles ?? [];
  const outbound = model.networkProfile?.loadBalancerProfile;
  const all = [
    ...of(JOIN_SUBNET, ...pools.flatMap((pool) => [pool.vnetSubnetID, pool.podSubnetID])),
    ...of(JOIN_SUBNET, model.apiServerAccessProfile?.subnetId),
    ...of(JOIN_ADDRESS, ...(outbound?.outboundIPs?.publicIPs ?? []).map(({ id }) => id)),
    ...of(JOIN_PREFIX, ...(outbound?.outboundIPPrefixes?.publicIPPrefixes ?? []).map(({ id }) => id)),
    ...of(JOIN_PREFIX, ...pools.map((pool) => pool.nodePublicIPPrefixID)),
    ...of(ASSIGN_IDENTITY, ...Object.keys(model.identity?.userAssignedIdentities ?? {})),
    ...of(ASSIGN_IDENTITY, ...Object.values(model.identityProfile ?? {}).map(({ resourceId }) => resourceId)),
    ...of(READ_WORKSPACE, ...Object.values(model.addonProfiles ?? {}).map(({ config }) => workspaceIn(config))),
    ...of(READ_WORKSPACE, model.securityProfile?.defender?.logAnalyticsWorkspaceResourceId),
    ...of(READ_DISK_ENCRYPTION, model.diskEncryptionSetID),
  ];
  const own = `/resourcegroups/${model.nodeResourceGroup ?? ''}/`.toLowerCase();
  const others = all.filter(({ scope }) => !scope.toLowerCase().includes(own));
  return [...new Map(others.map((link) => [`${link.action} ${link.scope}`.toLowerCase(), link])).values()];
}

/** Such as /subscriptions/ID/resourceGroups/NAME/providers/Microsoft.Network/virtualNetworks/NAME/subnets/NAME. */
const IN_A_GROUP = /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/[\w.]+(\/\w+\/[\w.-]+)+$/i;

const workspaceIn = (config: Readonly<Record<string, string>> | null | undefined) =>
  Object.entries(config ?? {}).find(([key]) => key.toLowerCase() === 'loganalyticsworkspaceresourceid')?.[1];
