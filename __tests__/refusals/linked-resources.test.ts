import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario } from '../scenarios/scenario.ts';

const NETWORK = '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-network/providers';
const SUBNET = `${NETWORK}/Microsoft.Network/virtualNetworks/hub/subnets/nodes`;
const WORKSPACE = `${NETWORK}/Microsoft.OperationalInsights/workspaces/logs`;
const ENCRYPTION = `${NETWORK}/Microsoft.Compute/diskEncryptionSets/keys`;
const ADDRESS = `${NETWORK}/Microsoft.Network/publicIPAddresses/outbound`;
const KUBELET = `${NETWORK}/Microsoft.ManagedIdentity/userAssignedIdentities/kubelet`;

const pool = { name: 'nodepool1', count: 2, vmSize: 'Standard_D2s_v5', mode: 'System', osType: 'Linux' };
const LINKED: readonly [string, JsonObject, string, string][] = [
  ['a subnet', { agentPoolProfiles: [{ ...pool, vnetSubnetID: SUBNET }] }, SUBNET, 'subnets/join/action'],
  [
    'an identity of the kubelet',
    { identityProfile: { kubeletidentity: { resourceId: KUBELET } } },
    KUBELET,
    'userAssignedIdentities/assign/action',
  ],
  [
    'a workspace for logs',
    { addonProfiles: { omsagent: { enabled: true, config: { logAnalyticsWorkspaceResourceID: WORKSPACE } } } },
    WORKSPACE,
    'workspaces/sharedkeys/read',
  ],
  ['a disk encryption set', { diskEncryptionSetID: ENCRYPTION }, ENCRYPTION, 'diskEncryptionSets/read'],
  ['a subnet of pods', { agentPoolProfiles: [{ ...pool, podSubnetID: SUBNET }] }, SUBNET, 'subnets/join/action'],
  [
    'an outbound address',
    { networkProfile: { loadBalancerProfile: { outboundIPs: { publicIPs: [{ id: ADDRESS }] } } } },
    ADDRESS,
    'publicIPAddresses/join/action',
  ],
];

/** A role that lets the identity read its own permissions, and nothing else. */
function letReadPermissions({ emulator, deployer, subscriptionId }: Scenario, scope: string): void {
  const custom = { description: '', assignableScopes: [`/subscriptions/${subscriptionId}`] };
  const actions = ['Microsoft.Authorization/permissions/read'];
  emulator.arm.roles.all.set('permissions', {
    id: 'a0000000-0000-4000-8000-000000000001',
    actions,
    dataActions: [],
    custom,
  });
  emulator.arm.assignments.assign(deployer.principal.id, 'permissions', scope);
}

describe('what a cluster uses elsewhere', () => {
  it.each(LINKED)(
    'such as %s is named with its action before anything is written',
    async (_, cluster, scope, action) => {
      const scenario = await createScenario({ cluster });
      letReadPermissions(scenario, scope);
      const result = await scenario.run();
      expectRefusal(result, 'linked-permission-missing', scope, action);
      expect(result.error).not.toContain('Contributor Role');
      expect(scenario.emulator.requests.writes()).toEqual([]);
    },
  );

  it("such as the cluster's own identity is named with its action before anything is written", async () => {
    const scenario = await createScenario();
    const identity = { type: 'UserAssigned', userAssignedIdentities: { [KUBELET]: {} } };
    scenario.record.model = { ...scenario.record.model, identity };
    letReadPermissions(scenario, KUBELET);
    expectRefusal(await scenario.run(), 'linked-permission-missing', KUBELET, 'assign/action');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, 'Managed Identity Operator', KUBELET);
    expect((await scenario.run()).error).toBe('');
  });

  it('is named by its refusal if the identity may not read its permissions there; mode doctor warns', async () => {
    const scenario = await createScenario({ cluster: { agentPoolProfiles: [{ ...pool, vnetSubnetID: SUBNET }] } });
    const checked = await scenario.run({ mode: 'doctor' });
    expect(checked.warnings.join()).toContain(SUBNET);
    const result = await scenario.run();
    const role = `--role "Network Contributor" --scope ${SUBNET}`;
    expectRefusal(result, 'linked-permission-missing', 'subnets/join/action', role);
    expect(result.error).not.toContain('Contributor Role');
  });

  it('fails mode doctor if the identity is known to lack the permission there', async () => {
    const scenario = await createScenario({ cluster: { diskEncryptionSetID: ENCRYPTION } });
    letReadPermissions(scenario, ENCRYPTION);
    const result = await scenario.run({ mode: 'doctor' });
    expectRefusal(result, 'doctor-found-problems', 'linked-permission-missing', ENCRYPTION);
  });

  it.each(LINKED)(
    'such as %s does not stop an identity with the role that the fix names',
    async (_, cluster, scope) => {
      const scenario = await createScenario({ cluster });
      letReadPermissions(scenario, scope);
      const [, role = ''] = /--role "?([^"]+?)"? --scope/.exec((await scenario.run()).error) ?? [];
      scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, role, scope);
      expect((await scenario.run()).error).toBe('');
    },
  );
});
