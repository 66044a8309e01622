import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { createFromNothing } from './from-nothing.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, type Scenario, withEntra } from './scenario.ts';

const NETWORK = '/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-network/providers';
const SUBNET = `${NETWORK}/Microsoft.Network/virtualNetworks/hub/subnets/nodes`;
const WORKSPACE = `${NETWORK}/Microsoft.OperationalInsights/workspaces/logs`;
const ENCRYPTION = `${NETWORK}/Microsoft.Compute/diskEncryptionSets/keys`;
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

const isUpdate = ({ method, url }: { method: string; url: URL }) =>
  method === 'PUT' && url.pathname.endsWith('/managedClusters/aks-demo');

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

  it('does not stop an identity that may use it', async () => {
    const scenario = await createScenario({ cluster: { diskEncryptionSetID: ENCRYPTION } });
    scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, 'Reader', ENCRYPTION);
    expect((await scenario.run()).error).toBe('');
  });
});

describe('a lock', () => {
  it.each([
    ['without Entra integration', {}],
    ['with Entra integration', { cluster: withEntra() }],
  ])('on the resource group of a cluster %s ends the run at once, with its scope', async (_, options) => {
    const scenario = await createScenario(options);
    const group = `/subscriptions/${scenario.subscriptionId}/resourceGroups/${scenario.resourceGroup}`;
    scenario.emulator.arm.governance.locks.set(group, 'ReadOnly');
    const started = performance.now();
    const result = await scenario.run();
    expect(performance.now() - started).toBeLessThan(20_000);
    expectRefusal(result, 'resource-locked', group, 'ScopeLocked', 'az lock list');
    expect(result.error).not.toContain('wait-timeout');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('an update of the cluster that Azure refuses', () => {
  const unwrapped = (code: string, message: string) => ({ code, details: null, message, subcode: '' });
  const wrapped = (code: string, message: string) => ({ error: { code, message } });
  const names = `[{"policyAssignment":{"name":"no-entra","id":"/x"},"policyDefinition":{"name":"d","id":"/y"}}]`;
  const policy = `Resource 'aks-demo' was disallowed by policy. Policy identifiers: '${names}'.`;
  const REFUSALS: readonly [string, number, JsonObject, string, string][] = [
    ['by policy', 403, wrapped('RequestDisallowedByPolicy', policy), 'azure-policy-forbids', 'Azure Policy "no-entra"'],
    [
      'by policy, inside a template',
      400,
      {
        error: {
          code: 'InvalidTemplateDeployment',
          message: 'See details.',
          details: [{ code: 'RequestDisallowedByPolicy', message: policy }],
        },
      },
      'azure-policy-forbids',
      'Azure Policy "no-entra"',
    ],
    [
      "by Azure's own policy of regions",
      403,
      wrapped('RequestDisallowedByAzure', "Resource 'x' was disallowed by Azure: region.."),
      'azure-policy-forbids',
      'disallowed by Azure',
    ],
    [
      'for lack of cores',
      400,
      unwrapped('ErrCode_InsufficientVCPUQuota', 'Insufficient regional vcpu quota left for location eastus. left 0'),
      'cluster-update-failed',
      'az vm list-usage --location eastus',
    ],
    [
      'for lack of cores, as Compute says it',
      409,
      wrapped(
        'OperationNotAllowed',
        'Operation could not be completed as it results in exceeding approved Cores quota.',
      ),
      'cluster-update-failed',
      'exceeding approved Cores quota',
    ],
    [
      'because the subscription is disabled',
      409,
      wrapped('ReadOnlyDisabledSubscription', 'The subscription is disabled and therefore marked as read only.'),
      'subscription-disabled',
      'enabled again',
    ],
    [
      'because the provider is not registered',
      409,
      wrapped(
        'MissingSubscriptionRegistration',
        "The subscription is not registered to use namespace 'Microsoft.Insights'.",
      ),
      'provider-not-registered',
      '--namespace Microsoft.Insights',
    ],
    [
      'because the region lacks the size',
      409,
      wrapped(
        'SkuNotAvailable',
        "The requested size 'Standard_D2s_v5' is currently not available in location 'westus'.",
      ),
      'cluster-update-failed',
      'az vm list-skus',
    ],
    [
      'because the cluster is stopped',
      409,
      unwrapped('OperationNotAllowed', 'managed cluster is in (Stopped) state; only start and delete are allowed.'),
      'cluster-stopped',
      'az aks start',
    ],
    [
      'by a deny assignment',
      403,
      wrapped(
        'DenyAssignmentAuthorizationFailed',
        "access is denied because of the deny assignment with name 'managed'",
      ),
      'deny-assignment',
      'Deny assignments',
    ],
    [
      'because the linked subscription is of another tenant',
      403,
      wrapped(
        'LinkedAuthorizationFailed',
        "The client has permission to perform action 'A' on scope 'S', however the current tenant 'T' is not authorized to access linked subscription 'L'.",
      ),
      'linked-permission-missing',
      'not authorized to access linked subscription',
    ],
    [
      'because the subscription belongs to another tenant',
      401,
      wrapped('InvalidAuthenticationTokenTenant', 'The access token is from the wrong issuer.'),
      'subscription-not-found',
      'tenant-id',
    ],
  ];
  it.each(REFUSALS)('%s says so', async (...[, status, body, id, part]) => {
    const scenario = await createScenario();
    scenario.emulator.faults.add({ matches: isUpdate, fault: { kind: 'status', status, body } });
    const result = await scenario.run();
    expectRefusal(result, id, part);
    expect(result.error).not.toContain('Contributor Role');
  });

  it.each([
    [403, 'TurnipsForbidden', 'Resource Manager', wrapped],
    [409, 'TurnipsInConflict', 'Resource Manager', wrapped],
    [400, 'TurnipsNotRipe', 'Resource Manager', wrapped],
    [401, 'TurnipsUnknown', 'Resource Manager', wrapped],
    [403, 'TurnipsForbidden', 'AKS', unwrapped],
    [409, 'TurnipsInConflict', 'AKS', unwrapped],
  ])(
    'with %d %s, a code that nobody has seen, of %s gives code and words, at once and without a guess',
    async (status, code, _, form) => {
      const scenario = await createScenario();
      const message = 'There are no turnips in this region.';
      scenario.emulator.faults.add({
        matches: isUpdate,
        fault: { kind: 'status', status, body: form(code, message) },
      });
      const result = await scenario.run();
      expectRefusal(result, 'cluster-update-failed', `${code}: ${message}`);
      expect(result.error).not.toMatch(/role assignment create|in progress|one operation/);
    },
  );

  it.each([
    [
      409,
      'OperationNotAllowed',
      'Operation is not allowed: Another agentpool operation (user - Creating) is in progress.',
    ],
    [409, 'EtagMismatch', 'Operation is not allowed: Another operation is in progress'],
    [412, 'PreconditionFailed', 'The etag does not match.'],
  ])('with %d %s is tried again', async (status, code, message) => {
    const scenario = await createScenario();
    const body = unwrapped(code, message);
    scenario.emulator.faults.add({ matches: isUpdate, times: 2, fault: { kind: 'status', status, body } });
    expect((await scenario.run()).error).toBe('');
  });
});

describe('a creation that Azure refuses', () => {
  it('for lack of cores names the quota', async () => {
    const scenario = await createFromNothing();
    scenario.emulator.arm.governance.coresLeft = 2;
    expectRefusal(await scenario.run(), 'cluster-create-failed', 'westeurope', 'az vm list-usage');
  });
});

describe('a vault', () => {
  it('that the proxy does not let the runner reach is not taken for missing', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.vault.outOfReach = true;
    const result = await scenario.run();
    expectRefusal(result, 'vault-unreachable', 'kv-platform.vault.azure.net', 'so it exists');
    expect(result.error).not.toContain('keyvault create');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('of another resource group that cannot be reached is known by its taken name', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, subscriptionId, deployer } = scenario;
    const vault = emulator.arm.addVault({ subscriptionId, resourceGroup: 'rg-other', name: 'kv-other' });
    vault.outOfReach = true;
    emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Contributor', `/subscriptions/${subscriptionId}`);
    expectRefusal(await scenario.run({ 'key-vault-name': 'kv-other' }), 'vault-unreachable', 'private endpoint');
  });

  it.each([
    [403, 'ForbiddenByTurnips', 'request-failed', 'ForbiddenByTurnips: No.'],
    [403, 'SecretNotForTurnips', 'request-failed', 'SecretNotForTurnips: No.'],
  ])('that refuses with %d %s gives the code, and no guess of a missing role', async (status, code, id, part) => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url, headers }) => url.hostname.startsWith('kv-') && headers['authorization'] !== undefined,
      fault: {
        kind: 'status',
        status,
        body: { error: { code: 'Forbidden', message: 'No.', innererror: { code } } },
      },
    });
    const result = await scenario.run();
    expectRefusal(result, id, part);
    expect(result.error).not.toContain('role assignment');
  });
});
