import type { ManagedCluster } from '@azure/arm-containerservice/models';
import { describe, expect, it } from 'vitest';
import { linkedResources } from '../../src/azure/linked-resources.ts';

const GROUP = '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups';
const NETWORK = `${GROUP}/rg-network/providers/Microsoft.Network`;
const SUBNET = `${NETWORK}/virtualNetworks/hub/subnets/nodes`;
const PREFIX = `${NETWORK}/publicIPPrefixes/outbound`;
const WORKSPACE = `${GROUP}/rg-logs/providers/Microsoft.OperationalInsights/workspaces/logs`;

const inModel = (model: Partial<ManagedCluster>) => linkedResources({ location: 'westeurope', ...model });
const pool = { name: 'nodepool1' };

describe('what a cluster uses elsewhere', () => {
  it.each<[string, Partial<ManagedCluster>, string, string]>([
    ['the subnet of the API server', { apiServerAccessProfile: { subnetId: SUBNET } }, SUBNET, 'subnets/join/action'],
    ['a subnet of pods', { agentPoolProfiles: [{ ...pool, podSubnetID: SUBNET }] }, SUBNET, 'subnets/join/action'],
    [
      'a prefix of outbound addresses',
      { networkProfile: { loadBalancerProfile: { outboundIPPrefixes: { publicIPPrefixes: [{ id: PREFIX }] } } } },
      PREFIX,
      'publicIPPrefixes/join/action',
    ],
    [
      'a prefix of the addresses of nodes',
      { agentPoolProfiles: [{ ...pool, nodePublicIPPrefixID: PREFIX }] },
      PREFIX,
      'publicIPPrefixes/join/action',
    ],
    [
      'the workspace of Defender',
      { securityProfile: { defender: { logAnalyticsWorkspaceResourceId: WORKSPACE } } },
      WORKSPACE,
      'workspaces/sharedkeys/read',
    ],
  ])('such as %s is found with the action that it needs', (_, model, scope, action) => {
    expect(inModel(model)).toEqual([{ scope, action: expect.stringContaining(action) }]);
  });

  it('is asked for once, however often and in whatever spelling it is named', () => {
    const pools = [SUBNET, SUBNET.toLowerCase(), SUBNET].map((vnetSubnetID) => ({ ...pool, vnetSubnetID }));
    expect(inModel({ agentPoolProfiles: pools })).toHaveLength(1);
  });

  it('is not what AKS keeps in the resource group of the nodes', () => {
    const id = `${GROUP}/MC_rg_aks_westeurope/providers/Microsoft.Network/publicIPAddresses/one`;
    const networkProfile = { loadBalancerProfile: { outboundIPs: { publicIPs: [{ id }] } } };
    expect(inModel({ networkProfile, nodeResourceGroup: 'mc_rg_aks_westeurope' })).toEqual([]);
    expect(inModel({ networkProfile })).toHaveLength(1);
  });
});
