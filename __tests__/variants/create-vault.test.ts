import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

const OFFICER = 'Key Vault Secrets Officer';
const NAMED = { 'key-vault-name': 'kv-new', 'create-key-vault': 'true' };

/** A platform team's cluster, and an identity that may make a vault beside it and assign roles. */
async function createScenarioWithRights(): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() });
  const { arm } = scenario.emulator;
  for (const role of ['Key Vault Contributor', 'Role Based Access Control Administrator'])
    arm.assignments.assign(scenario.deployer.principal.id, role, `/subscriptions/${scenario.subscriptionId}`);
  return scenario;
}

const rolesOn = ({ emulator }: Scenario, vault: string) =>
  [...emulator.arm.assignments.all.values()].filter(({ scope }) => scope.includes(`/vaults/${vault}`));
const made = ({ emulator }: Scenario, name = 'kv-new') => emulator.arm.vaults.get(name);

describe('a missing key vault', () => {
  it("is created with RBAC, purge protection and the identity's role on the secret alone, and the run waits for the role", async () => {
    const scenario = await createScenarioWithRights();
    scenario.emulator.arm.settings.roleDelay = 5_000;
    const result = await scenario.run(NAMED);
    expect(result.error).toBe('');
    expect(made(scenario)).toMatchObject({ rbac: true, purgeProtection: true, location: 'westeurope' });
    expect(made(scenario)?.properties).toMatchObject({ enableSoftDelete: true, softDeleteRetentionInDays: 90 });
    expect(rolesOn(scenario, 'kv-new')).toMatchObject([
      {
        role: OFFICER,
        scope: expect.stringMatching(/\/vaults\/kv-new\/secrets\/headlamp-aks-demo-client-secret$/),
        principalId: scenario.deployer.principal.id,
        principalType: 'ServicePrincipal',
      },
    ]);
    expect(scenario.emulator.keyVault.secrets('kv-new').versions('headlamp-aks-demo-client-secret')).toHaveLength(1);
    scenario.emulator.requests.clear();
    expect((await scenario.run(NAMED)).outputs['changes']).toBe('[]');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('is shown by mode plan and not created', async () => {
    const scenario = await createScenarioWithRights();
    const result = await scenario.run({ ...NAMED, mode: 'plan' });
    expect(JSON.parse(result.outputs['changes'] ?? '').slice(1, 3)).toMatchObject([
      { resource: 'key vault', action: 'create' },
      { resource: 'role assignment', action: 'create' },
    ]);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('whose role takes longer than wait-timeout is completed by the next run', async () => {
    const scenario = await createScenarioWithRights();
    scenario.emulator.arm.settings.roleDelay = 600_000;
    expectRefusal(await scenario.run({ ...NAMED, 'wait-timeout': '25s' }), 'role-assignment-pending', OFFICER);
    scenario.emulator.clock.advance(600_000);
    expect((await scenario.run(NAMED)).error).toBe('');
    expect(rolesOn(scenario, 'kv-new')).toHaveLength(1);
  });

  it.each([
    ['without the role', /\/vaults\/kv-new$/],
    ['with a role that is not replicated yet', /\/vaults\/kv-new\/.*\/roleAssignments\//],
  ])('that an interrupted run left %s is completed by the next one', async (_, last) => {
    const scenario = await createScenarioWithRights();
    const kill = new AbortController();
    const stop = scenario.emulator.faults.onExecuted(({ method, url }) => {
      if (method === 'PUT' && last.test(url.pathname)) kill.abort();
    });
    await scenario.runUntil(kill.signal, NAMED);
    stop();
    const result = await scenario.run(NAMED);
    expect(result.error).toBe('');
    expect(rolesOn(scenario, 'kv-new')).toHaveLength(1);
  });

  it('needs the permission to assign roles, unless the identity inherits its role from a higher scope', async () => {
    const scenario = await createScenarioWithRights();
    const { assignments } = scenario.emulator.arm;
    const { id } = scenario.deployer.principal;
    assignments.revoke(id, 'Role Based Access Control Administrator');
    expectRefusal(
      await scenario.run(NAMED),
      'arm-permission-missing',
      'roleAssignments/write',
      'az role assignment create',
      '"Role Based Access Control Administrator"',
    );
    assignments.assign(
      id,
      OFFICER,
      `/subscriptions/${scenario.subscriptionId}/resourceGroups/${scenario.resourceGroup}`,
    );
    expect((await scenario.run({ ...NAMED, 'key-vault-name': 'kv-other' })).error).toBe('');
  });
});

describe('a key vault that this action did not create', () => {
  it.each([
    ['has no tag', {}],
    ['is tagged as of somebody else', { 'managed-by': 'terraform' }],
  ])('and that %s is not opened by a role that the identity gives itself', async (_, tags) => {
    const scenario = await createScenarioWithRights();
    const { subscriptionId, resourceGroup } = scenario;
    const vault = scenario.emulator.arm.addVault({ subscriptionId, resourceGroup, name: 'kv-new' });
    Object.assign(vault, { tags });
    expectRefusal(await scenario.run(NAMED), 'vault-permission-missing', OFFICER);
    expect(rolesOn(scenario, 'kv-new')).toEqual([]);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('a deleted key vault', () => {
  it('is recovered with the client secret in it, which is kept', async () => {
    const scenario = await createScenarioWithRights();
    await scenario.run(NAMED);
    const stored = () => scenario.emulator.keyVault.secrets('kv-new').versions('headlamp-aks-demo-client-secret');
    const before = stored();
    scenario.emulator.arm.deleteVault('kv-new');
    const result = await scenario.run(NAMED);
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')).toContainEqual(
      expect.objectContaining({ resource: 'key vault', action: 'recover' }),
    );
    expect(stored()).toEqual(before);
    expect(result.outputs['secret-rotated']).toBe('false');
  });

  describe('where the identity may not list deleted vaults', () => {
    /** @returns the vault deleted, and an identity with its grants on the resource group only */
    const createDeleted = async (tags: Readonly<Record<string, string>> | undefined) => {
      const scenario = await createScenarioWithRights();
      await scenario.run(NAMED);
      const { arm } = scenario.emulator;
      Object.assign(made(scenario) ?? {}, tags && { tags });
      arm.deleteVault('kv-new');
      const { id } = scenario.deployer.principal;
      const group = `/subscriptions/${scenario.subscriptionId}/resourceGroups/${scenario.resourceGroup}`;
      for (const role of ['Key Vault Contributor', 'Role Based Access Control Administrator']) {
        arm.assignments.revoke(id, role);
        arm.assignments.assign(id, role, group);
      }
      return scenario;
    };
    const allowToList = ({ emulator, deployer, subscriptionId }: Scenario) =>
      emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Reader', `/subscriptions/${subscriptionId}`);

    it.each([
      ['of this action', undefined],
      ['of somebody else', {}],
    ])('is not recovered to find out whose it is: %s', async (_, tags) => {
      const scenario = await createDeleted(tags);
      expectRefusal(
        await scenario.run(NAMED),
        'vault-not-ours',
        'az keyvault recover --name kv-new',
        `--role "Key Vault Reader" --scope /subscriptions/${scenario.subscriptionId}`,
      );
      expect(scenario.emulator.arm.deletedVaults.size).toBe(1);
      expect(made(scenario)).toBeUndefined();
    });

    it('is recovered once the identity may, if this action created it, and only then', async () => {
      const own = await createDeleted(undefined);
      allowToList(own);
      expect((await own.run(NAMED)).error).toBe('');
      const foreign = await createDeleted({});
      allowToList(foreign);
      expectRefusal(await foreign.run(NAMED), 'vault-not-ours', "does not have this action's tag");
      expect(foreign.emulator.arm.deletedVaults.size).toBe(1);
    });

    it('is used once somebody has recovered it', async () => {
      const scenario = await createDeleted(undefined);
      const { arm } = scenario.emulator;
      const [deleted] = arm.deletedVaults.values();
      if (!deleted) throw new Error('There is no deleted vault.');
      const { deletedAt: _, ...recovered } = deleted;
      arm.deletedVaults.clear();
      arm.vaults.set('kv-new', recovered);
      expect((await scenario.run(NAMED)).error).toBe('');
      expect(rolesOn(scenario, 'kv-new')).toHaveLength(1);
    });
  });

  it('of somebody else is neither recovered nor opened', async () => {
    const scenario = await createScenarioWithRights();
    await scenario.run();
    scenario.emulator.arm.deleteVault('kv-platform');
    scenario.emulator.requests.clear();
    expectRefusal(await scenario.run({ 'create-key-vault': 'true' }), 'vault-not-ours');
    expect(scenario.emulator.arm.deletedVaults.size).toBe(1);
    expect(rolesOn(scenario, 'kv-platform')).toEqual([]);
  });
});

it('a key vault in a subscription without the provider Microsoft.KeyVault is refused before anything is written', async () => {
  const scenario = await createScenarioWithRights();
  scenario.emulator.arm.unregistered.add('Microsoft.KeyVault');
  expectRefusal(
    await scenario.run(NAMED),
    'provider-not-registered',
    'az provider register --namespace Microsoft.KeyVault',
  );
  expect(scenario.emulator.requests.writes()).toEqual([]);
});

describe('a key vault name', () => {
  it('that is taken by somebody else is reported before anything is written', async () => {
    const scenario = await createScenarioWithRights();
    const tenantId = randomUUID();
    scenario.emulator.arm.addVault({ subscriptionId: randomUUID(), resourceGroup: 'rg', name: 'kv-new', tenantId });
    expectRefusal(await scenario.run(NAMED), 'vault-name-taken', tenantId, 'key-vault-name');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('of a vault in another resource group selects that vault', async () => {
    const scenario = await createScenarioWithRights();
    const { arm } = scenario.emulator;
    arm.addResourceGroup(scenario.subscriptionId, 'rg-vaults');
    const vault = arm.addVault({
      subscriptionId: scenario.subscriptionId,
      resourceGroup: 'rg-vaults',
      name: 'kv-new',
    });
    arm.assignments.assign(scenario.deployer.principal.id, OFFICER, vault.id);
    expect((await scenario.run(NAMED)).error).toBe('');
    expect(scenario.emulator.requests.writes().filter(({ path }) => path.includes('/vaults/'))).toEqual([]);
  });
});
