import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';

const isUpdate = ({ method, url }: { method: string; url: URL }) =>
  method === 'PUT' && url.pathname.endsWith('/managedClusters/aks-demo');

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
      'for a fault of AKS that does not pass',
      500,
      unwrapped('GetVnetError', 'Get virtual network failed.'),
      'cluster-update-failed',
      'GetVnetError: Get virtual network failed.',
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
    [500, 'GetVnetError', 'Get virtual network failed.'],
  ])('with %d %s is tried again', async (status, code, message) => {
    const scenario = await createScenario();
    const body = unwrapped(code, message);
    scenario.emulator.faults.add({ matches: isUpdate, times: 2, fault: { kind: 'status', status, body } });
    expect((await scenario.run()).error).toBe('');
  });
});
