import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AzureCliSignIn, installAzureCli } from '../../emulator/machine/azure-cli.ts';
import { grantRequiredPermissions } from '../../emulator/worlds/standard.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';

/** A job on a machine of one's own: GitHub gives it no ID token. */
const noIdToken = { ACTIONS_ID_TOKEN_REQUEST_URL: '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' };

/** A managed identity that has what docs/reference.md lists. */
function entitled(scenario: Scenario) {
  const identity = scenario.emulator.directory.addManagedIdentity('runner');
  grantRequiredPermissions(scenario, identity);
  return identity;
}

async function onMachine(kind: 'virtual machine' | 'App Service', userAssigned = false) {
  const scenario = await createScenario({ cluster: withEntra() });
  const identity = entitled(scenario);
  const others = [scenario.emulator.directory.addManagedIdentity('other'), identity];
  const service = await scenario.emulator.identityService(userAssigned ? { userAssigned: others } : { own: identity });
  const run = (inputs: Readonly<Record<string, string>>) =>
    scenario.run(
      { 'auth-type': 'managed-identity', 'client-id': '', ...inputs },
      { ...noIdToken, ...service.environment(kind) },
    );
  return { scenario, identity, service, run };
}

describe('a managed identity', () => {
  it.each(['virtual machine', 'App Service'] as const)('of a %s deploys without an ID token', async (kind) => {
    const { scenario, service, run } = await onMachine(kind);
    const result = await run({});
    expect(result.error).toBe('');
    expect(vaultSecrets(scenario)).toHaveLength(1);
    expect(scenario.emulator.requests.all().map(({ service: name }) => name)).not.toContain('github');
    // One for each API: Azure Resource Manager, Graph, Key Vault and the cluster.
    expect(service.requests).toHaveLength(4);
    expect((await run({})).outputs['changes']).toBe('[]');
  });

  it('that is user-assigned is selected by its client ID', async () => {
    const { identity, run } = await onMachine('virtual machine', true);
    expect((await run({ 'client-id': identity.appId })).error).toBe('');
    expectRefusal(
      await run({}),
      'managed-identity-unavailable',
      'Multiple user assigned identities exist',
      'client-id',
    );
  });

  it('gets its tokens without a proxy, whatever proxy is set', async () => {
    const { scenario, run } = await onMachine('virtual machine');
    const proxy = scenario.emulator.proxyUrl;
    const result = await scenario.run(
      { 'auth-type': 'managed-identity', 'client-id': '' },
      {
        ...noIdToken,
        ...(await scenario.emulator.identityService({ own: entitled(scenario) })).environment('virtual machine'),
        HTTP_PROXY: proxy,
        http_proxy: proxy,
        ALL_PROXY: proxy,
      },
    );
    expect(result.error).toBe('');
    expect((await run({})).error).toBe('');
  });

  it('that lacks a role is named in the command that grants it', async () => {
    const { scenario, identity, run } = await onMachine('virtual machine');
    scenario.emulator.arm.assignments.revoke(identity.id, 'Azure Kubernetes Service Cluster User Role');
    scenario.emulator.arm.assignments.revoke(identity.id, 'Headlamp AKS Entra deployer');
    scenario.emulator.arm.assignments.revoke(identity.id, 'Azure Kubernetes Service Cluster Admin Role');
    expectRefusal(await run({}), 'arm-permission-missing', `az role assignment create --assignee ${identity.appId} `);
  });

  it('has its tokens masked', async () => {
    const { run } = await onMachine('virtual machine');
    const { output } = await run({});
    const masked = output.split('\n').filter((line) => line.startsWith('::add-mask::ey'));
    expect(masked.length).toBeGreaterThanOrEqual(4);
    const rest = output.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    for (const line of masked) expect(rest.join('\n')).not.toContain(line.slice('::add-mask::'.length));
  });

  it('that the machine does not have is reported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const service = await scenario.emulator.identityService({});
    const result = await scenario.run(
      { 'auth-type': 'managed-identity', 'client-id': '' },
      { ...noIdToken, ...service.environment('virtual machine') },
    );
    expectRefusal(result, 'managed-identity-unavailable', 'Identity not found', 'az vm identity assign');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('the az CLI', () => {
  async function withCli(signIn: Partial<AzureCliSignIn> = {}) {
    const scenario = await createScenario({ cluster: withEntra() });
    const service = await scenario.emulator.identityService({ azureCli: entitled(scenario) });
    await installAzureCli(scenario.bin, { tokenUrl: service.azureCliUrl, ...signIn });
    const run = (inputs: Readonly<Record<string, string>> = {}) =>
      scenario.run({ 'auth-type': 'azure-cli', 'client-id': '', ...inputs }, noIdToken);
    return { scenario, service, run };
  }

  it('that an earlier step signed in deploys, with one token request per API', async () => {
    const { service, run } = await withCli();
    expect((await run()).error).toBe('');
    expect(service.requests).toHaveLength(4);
    expect((await run()).outputs['changes']).toBe('[]');
  });

  it('is asked for all tokens before anything else, as it may be unable to give one later', async () => {
    const expired = join(await mkdtemp(join(tmpdir(), 'az-')), 'expired');
    const { scenario, service, run } = await withCli({ expired });
    scenario.emulator.faults.onRequest(() => writeFile(expired, ''));
    expect((await run()).error).toBe('');
    expect(service.requests).toHaveLength(4);
  });

  it('whose ID token is out of date is reported with the cause that Entra names, not with an interactive sign-in', async () => {
    const expired = join(await mkdtemp(join(tmpdir(), 'az-')), 'expired');
    await writeFile(expired, '');
    const { scenario, run } = await withCli({ expired });
    const result = await run();
    expectRefusal(
      result,
      'azure-cli-not-signed-in',
      'AADSTS700024',
      'valid for five minutes',
      'Trace ID 00000000-0000-4000-8000-00000000000a, Correlation ID 00000000-0000-4000-8000-00000000000b',
      'right before this step',
    );
    expect(result.error).not.toContain('az login');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that is signed in by a managed identity deploys, though az refuses to be told its tenant', async () => {
    const { service, run } = await withCli({ managedIdentity: true });
    expect((await run()).error).toBe('');
    expect(service.requests).toHaveLength(4);
  });

  it('that is signed in to another tenant is reported with both tenants', async () => {
    const { scenario, run } = await withCli({ managedIdentity: true });
    const other = '00000000-1111-4222-8333-444444444444';
    const result = await run({ 'tenant-id': other });
    expectRefusal(result, 'azure-cli-not-signed-in', scenario.emulator.directory.tenant.id, other);
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  it('to which nobody is signed in is reported', async () => {
    const { scenario, run } = await withCli({ tokenUrl: undefined });
    expectRefusal(await run(), 'azure-cli-not-signed-in', 'Nobody is signed in', 'az login', 'azure/login');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that is not installed is reported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ 'auth-type': 'azure-cli', 'client-id': '' }, noIdToken);
    expectRefusal(result, 'azure-cli-not-signed-in', 'The Azure CLI could not be found on the PATH');
  });
});
