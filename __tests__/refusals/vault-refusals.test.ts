import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';

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

  it('that is to be created against a policy is told with the name of that policy', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, deployer, subscriptionId, resourceGroup } = scenario;
    const scope = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
    for (const role of ['Key Vault Contributor', 'Role Based Access Control Administrator'])
      emulator.arm.assignments.assign(deployer.principal.id, role, scope);
    emulator.arm.governance.policies.push({ name: 'private-vaults', scope, action: 'Microsoft.KeyVault/vaults/write' });
    const result = await scenario.run({ 'key-vault-name': 'kv-new', 'create-key-vault': 'true' });
    expectRefusal(result, 'azure-policy-forbids', 'Creating key vault kv-new', 'Azure Policy "private-vaults"');
    expect(result.error).not.toContain('role assignment create');
  });

  const throttled = {
    error: {
      code: 'Throttled',
      message:
        'Request was not processed because too many requests were received. Reason: VaultRequestTypeLimitReached',
    },
  };
  const ofVault = ({ url }: { readonly url: URL }) => url.hostname.startsWith('kv-');

  it('that is throttled for a moment and says nothing of how long is asked again', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ofVault,
      times: 3,
      fault: { kind: 'status', status: 429, body: throttled },
    });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toMatch(/kv-platform\.vault\.azure\.net answered 429; trying again in \d+s/);
  });

  it('that stays throttled ends the run with what the vault says, and no guess of a missing role', async () => {
    const scenario = await createScenario({ cluster: withEntra(), speed: 20 });
    scenario.emulator.faults.add({
      matches: ofVault,
      times: 1000,
      fault: { kind: 'status', status: 429, body: throttled },
    });
    const result = await scenario.run();
    expectRefusal(result, 'request-failed', 'Throttled: Request was not processed', 'VaultRequestTypeLimitReached');
    expect(result.error).not.toContain('role assignment');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('refuses a secret that it does not have to a caller without a role: that is a missing role', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, 'Key Vault Secrets Officer');
    expectRefusal(
      await scenario.run(),
      'vault-permission-missing',
      'Caller is not authorized',
      'Key Vault Secrets Officer',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('with access policies, none of which names the caller, is told with the command that adds one', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { emulator, subscriptionId, resourceGroup } = scenario;
    emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-policies', rbac: false });
    const result = await scenario.run({ 'key-vault-name': 'kv-policies' });
    const command = 'az keyvault set-policy --name kv-policies';
    expectRefusal(result, 'vault-permission-missing', 'does not have secrets get permission', command);
    expect(emulator.requests.writes()).toEqual([]);
  });

  it.each([
    ['ForbiddenByTurnips', 'No.'],
    ['SecretNotForTurnips', 'No.'],
    ['AccessDenied', 'Access denied to first party service.'],
    ['ForbiddenByPolicy', "The policy requires the caller 'appid=a;oid=b;iss=c' to use on-behalf-of (OBO) flow."],
  ])('that refuses with %s: %s gives these words, and no guess of a missing permission', async (code, message) => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url, headers }) => url.hostname.startsWith('kv-') && headers['authorization'] !== undefined,
      fault: {
        kind: 'status',
        status: 403,
        body: { error: { code: 'Forbidden', message, innererror: { code } } },
      },
    });
    const result = await scenario.run();
    expectRefusal(result, 'request-failed', `${code}: ${message}`);
    expect(result.error).not.toMatch(/role assignment|set-policy/);
  });
});
