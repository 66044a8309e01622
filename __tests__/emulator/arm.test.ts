import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { at, type Json } from '../../emulator/lib/json.ts';
import { armClient, CLUSTER, code, GROUP, ROOT, SUBSCRIPTION, withSubscription } from './clients/arm.ts';

const VAULT = `${GROUP}/providers/Microsoft.KeyVault/vaults/kv-platform`;

let emulator: Emulator;
withSubscription((started) => {
  emulator = started;
});

const as = (...roles: readonly string[]) => armClient(emulator, ...roles);
const cluster = (properties: Record<string, Json> = {}): Json => ({
  location: 'westeurope',
  identity: { type: 'SystemAssigned' },
  properties: {
    dnsPrefix: 'aks-demo',
    agentPoolProfiles: [{ name: 'nodepool1', mode: 'System', count: 1, vmSize: 'Standard_D2s_v5' }],
    ...properties,
  },
});
const vault = (properties: Record<string, Json> = {}): Json => ({
  location: 'westeurope',
  properties: {
    tenantId: emulator.directory.tenant.id,
    sku: { family: 'A', name: 'standard' },
    enableRbacAuthorization: true,
    ...properties,
  },
});

describe('subscriptions and resource groups', () => {
  it('a subscription is visible only to principals with a role in it', async () => {
    const arm = await as('Reader');
    expect(at((await arm('GET', '/subscriptions')).body, 'value', 0, 'subscriptionId')).toBe(SUBSCRIPTION);
    const stranger = await as();
    expect(at((await stranger('GET', '/subscriptions')).body, 'value')).toEqual([]);
  });

  it('a resource group is created once, found again, and stays in its region', async () => {
    const arm = await as('Contributor');
    expect((await arm('HEAD', GROUP)).status).toBe(404);
    expect(code(await arm('GET', GROUP))).toBe('ResourceGroupNotFound');
    expect((await arm('PUT', GROUP, { location: 'West Europe' })).status).toBe(201);
    expect((await arm('PUT', GROUP, { location: 'westeurope' })).status).toBe(200);
    expect((await arm('HEAD', GROUP)).status).toBe(204);
    expect(code(await arm('PUT', GROUP, { location: 'eastus' }))).toBe('InvalidResourceGroupLocation');
    expect(code(await arm('PUT', `${ROOT}/resourceGroups/x`, { location: 'mars' }))).toBe(
      'LocationNotAvailableForResourceGroup',
    );
  });

  it('creating a resource group takes a role with write permission', async () => {
    const arm = await as('Reader');
    expect(code(await arm('PUT', GROUP, { location: 'westeurope' }))).toBe('AuthorizationFailed');
  });
});

describe('a new cluster', () => {
  it('is created by an operation, and has credentials and properties only after it', async () => {
    const arm = await as('Contributor');
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
    const created = await arm('PUT', CLUSTER, cluster({ oidcIssuerProfile: { enabled: true } }));
    expect([created.status, at(created.body, 'properties', 'provisioningState')]).toEqual([201, 'Creating']);
    expect(code(await arm('POST', `${CLUSTER}/listClusterUserCredential`))).toBe('OperationNotAllowed');
    const { pathname, search } = new URL(created.headers['azure-asyncoperation'] ?? '');
    const operation = pathname + search;
    expect(at((await arm('GET', operation)).body, 'status')).toMatch(
      /^(Provisioning|Reconciling|CreatingAgentPools: 0)/,
    );
    emulator.clock.advance(1000);
    expect(at((await arm('GET', operation)).body, 'status')).toBe('Succeeded');
    const { body } = await arm('GET', CLUSTER);
    expect(at(body, 'properties')).toMatchObject({
      provisioningState: 'Succeeded',
      currentKubernetesVersion: '1.33.6',
      identityProfile: { kubeletidentity: { clientId: expect.any(String) } },
      oidcIssuerProfile: { issuerURL: expect.stringContaining('https://westeurope.oic.') },
    });
    expect((await arm('POST', `${CLUSTER}/listClusterUserCredential`)).status).toBe(200);
  });

  it('a cluster whose creation failed stays in state Failed, and another PUT repairs it', async () => {
    const arm = await as('Contributor');
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
    emulator.arm.settings.nextFailure = { code: 'QuotaExceeded', message: 'No cores are left.' };
    const operation = (await arm('PUT', CLUSTER, cluster())).headers['azure-asyncoperation'] ?? '';
    emulator.clock.advance(1000);
    const { pathname, search } = new URL(operation);
    expect((await arm('GET', pathname + search)).body).toMatchObject({
      status: 'Failed',
      error: { code: 'QuotaExceeded' },
    });
    const failed = (await arm('GET', CLUSTER)).body;
    expect(at(failed, 'properties', 'agentPoolProfiles', 0, 'provisioningState')).toBe('Failed');
    await arm('PUT', CLUSTER, failed);
    emulator.clock.advance(1000);
    expect(at((await arm('GET', CLUSTER)).body, 'properties', 'provisioningState')).toBe('Succeeded');
  });

  it.each([
    ['an unknown property', { foo: 1 }, 'InvalidRequestContent'],
    ['an unknown property of a pool', { agentPoolProfiles: [{ mode: 'System', foo: 1 }] }, 'InvalidRequestContent'],
    ['no system pool', { agentPoolProfiles: [] }, 'InvalidParameter'],
    ['no DNS prefix', { dnsPrefix: '' }, 'InvalidParameter'],
    ['a version that is not offered', { kubernetesVersion: '1.19' }, 'K8sVersionNotSupported'],
    ['Entra without Kubernetes RBAC', { enableRBAC: false, aadProfile: { managed: true } }, 'BadRequest'],
  ])('a new cluster is refused with %s', async (_, properties, expected) => {
    const arm = await as('Contributor');
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
    expect(code(await arm('PUT', CLUSTER, cluster(properties)))).toBe(expected);
  });

  it('requires a registered resource provider', async () => {
    const arm = await as('Contributor');
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
    emulator.arm.unregistered.add('Microsoft.ContainerService');
    expect(code(await arm('PUT', CLUSTER, cluster()))).toBe('MissingSubscriptionRegistration');
    const provider = `${ROOT}/providers/Microsoft.ContainerService`;
    expect(at((await arm('GET', provider)).body, 'registrationState')).toBe('NotRegistered');
    await arm('POST', `${provider}/register`);
    expect((await arm('PUT', CLUSTER, cluster())).status).toBe(201);
  });

  it('a region lists the Kubernetes versions it offers', async () => {
    const arm = await as('Contributor');
    const { body } = await arm(
      'GET',
      `${ROOT}/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions`,
    );
    expect(at(body, 'values', 2, 'patchVersions')).toHaveProperty(['1.34.1']);
  });
});

describe('a key vault', () => {
  beforeEach(() => {
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
  });

  it('a new vault has a host name only after some time', async () => {
    const arm = await as('Contributor');
    const created = await arm('PUT', VAULT, vault({ enablePurgeProtection: true }));
    expect([created.status, at(created.body, 'properties', 'provisioningState')]).toEqual([200, 'RegisteringDns']);
    await expect(emulator.dispatch('https://kv-platform.vault.azure.net/secrets/a')).rejects.toThrow();
    emulator.clock.advance(1000);
    expect(at((await arm('GET', VAULT)).body, 'properties')).toMatchObject({
      provisioningState: 'Succeeded',
      enablePurgeProtection: true,
    });
    expect((await emulator.dispatch('https://kv-platform.vault.azure.net/secrets/a')).status).toBe(401);
  });

  it('a deleted vault can be recovered, and its name cannot be used for a new one', async () => {
    const arm = await as('Contributor');
    emulator.arm.addVault({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-platform', name: 'kv-platform' });
    expect((await arm('DELETE', VAULT)).status).toBe(200);
    const deleted = `${ROOT}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-platform`;
    expect(at((await arm('GET', deleted)).body, 'properties', 'vaultId')).toBe(VAULT);
    expect(code(await arm('PUT', VAULT, vault()))).toBe('ConflictError');
    expect((await arm('PUT', VAULT, vault({ createMode: 'recover' }))).status).toBe(200);
    expect((await arm('GET', deleted)).status).toBe(404);
  });

  it('the name of a vault is unique across tenants', async () => {
    const arm = await as('Contributor');
    const other = { subscriptionId: randomUUID(), resourceGroup: 'rg', name: 'kv-platform', tenantId: randomUUID() };
    emulator.arm.addVault(other);
    const check = `${ROOT}/providers/Microsoft.KeyVault/checkNameAvailability`;
    const asked = { name: 'kv-platform', type: 'Microsoft.KeyVault/vaults' };
    expect(at((await arm('POST', check, asked)).body, 'reason')).toBe('AlreadyExists');
    expect(code(await arm('PUT', VAULT, vault()))).toBe('VaultAlreadyExists');
  });

  it.each([
    ['an unknown property', { foo: 1 }, 'InvalidRequestContent'],
    ['purge protection turned off', { enablePurgeProtection: false }, 'BadRequest'],
    ['another tenant', { tenantId: randomUUID() }, 'BadRequest'],
  ])('a vault is refused with %s', async (_, properties, expected) => {
    const arm = await as('Contributor');
    expect(code(await arm('PUT', VAULT, vault(properties)))).toBe(expected);
  });
});
