import { describe, expect, it } from 'vitest';
import { expectRefusal } from './refusal.ts';
import { createScenario, withEntra } from './scenario.ts';

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
