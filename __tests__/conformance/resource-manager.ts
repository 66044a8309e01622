import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../emulator/lib/json.ts';
import { stringAt } from '../emulator/clients/json.ts';
import { type Asking, createAsking, expectAs } from './world.ts';

const NOBODY = '99999999-9999-4999-8999-999999999999';
const CONDITION = `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${NOBODY}} AND @Request[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAnyValues:GuidEquals {${NOBODY}})) AND ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/delete'})) OR (@Resource[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${NOBODY}} AND @Resource[Microsoft.Authorization/roleAssignments:PrincipalId] ForAnyOfAnyValues:GuidEquals {${NOBODY}}))`;
const GUID = (last: number) => `11111111-2222-4333-8444-55555555555${last}`;

/** The example is of a page that is not the last one. */
const PAGED = { lacks: /^nextLink$|notActions\[\]$/ };

/** These vaults have no purge protection. */
const PROTECTED = { lacks: /purgeProtectionEnabled$|^nextLink$/ };

/** Older recordings have less. The emulator keeps the policies for secrets alone. */
const VAULT = {
  more: /^properties\.(softDeleteRetentionInDays|enableSoftDelete|enableRbacAuthorization|publicNetworkAccess)$|^systemData\b/,
  lacks:
    /^properties\.accessPolicies\[\]\.permissions\.(keys|certificates|storage)\b|^properties\.accessPolicies\[\]|^properties\.(enabledFor\w+|hsmPoolResourceId)$/,
};

/** Resource Manager itself: groups, vaults, roles, and what an organization forbids. */
export function resourceManager(): void {
  let asking: Asking;
  beforeAll(async () => {
    asking = await createAsking();
  });
  const vaults = (method: string, path: string, body?: JsonObject) => asking.arm(method, path, '2024-11-01', body);
  const authorization = (method: string, path: string, body?: JsonObject) =>
    asking.arm(method, path, '2022-04-01', body);
  const subscription = () => `/subscriptions/${asking.subscriptionId}`;
  const vaultPath = (name: string) => `${asking.group}/providers/Microsoft.KeyVault/vaults/${name}`;
  const assignments = (scope = asking.group) => `${scope}/providers/Microsoft.Authorization/roleAssignments`;
  const vaultBody = (more: JsonObject = {}) => ({
    location: 'westeurope',
    properties: {
      tenantId: asking.emulator.directory.tenant.id,
      sku: { family: 'A', name: 'standard' },
      accessPolicies: [],
      enableRbacAuthorization: true,
      ...more,
    },
  });
  async function reader() {
    const path = `${asking.group}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName%20eq%20'Reader'`;
    return authorization('GET', path);
  }
  const assign = async (name: string, more: JsonObject = {}) => {
    const roleDefinitionId = stringAt((await reader()).body, 'value', 0, 'id');
    const properties = { roleDefinitionId, principalId: asking.groups.developers.id, principalType: 'Group', ...more };
    return authorization('PUT', `${assignments()}/${name}`, { properties });
  };

  describe('Resource Manager answers as recorded', () => {
    it('a resource group is read, and looked for', async () => {
      const tagged = `${subscription()}/resourceGroups/rg-tagged`;
      await asking.arm('PUT', tagged, '2021-04-01', { location: 'westeurope', tags: { team: 'platform' } });
      expectAs('aks: resource-group-get', await asking.arm('GET', tagged, '2021-04-01'));
      expectAs('aks: resource-group-head-exists', await asking.arm('HEAD', asking.group, '2021-04-01'));
    });

    it('a vault is created, read, changed, deleted, listed as deleted and recovered', async () => {
      const list = `${subscription()}/providers/Microsoft.KeyVault/deletedVaults`;
      expectAs('vaults: deleted-vaults-list-last-page', await vaults('GET', list));
      const created = await vaults('PUT', vaultPath('kv-a'), vaultBody());
      expectAs('vaults: vault-create-rbac-put', created, VAULT);
      expectAs('vaults: vault-create-rbac-get', await vaults('GET', vaultPath('kv-a')), VAULT);
      expectAs('vaults: vault-delete', await vaults('DELETE', vaultPath('kv-a')));
      const deleted = `${subscription()}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv-a`;
      expectAs('vaults: deleted-vault-get', await vaults('GET', deleted));
      expectAs('vaults: deleted-vault-get-example', await vaults('GET', deleted), PROTECTED);
      expectAs('vaults: deleted-vaults-list-page', await vaults('GET', list), PROTECTED);
      expectAs(
        'vaults: vault-recover-put',
        await vaults('PUT', vaultPath('kv-a'), vaultBody({ createMode: 'recover' })),
        VAULT,
      );
      const again = await vaults('DELETE', vaultPath('kv-a'));
      expectAs('vaults: vault-delete-again', again);
      expectAs('vaults: vault-delete-2026', again);
      expectAs('vaults: deleted-vault-get-again', await vaults('GET', deleted));
    });

    it('a vault with access policies and network rules', async () => {
      const accessPolicies = [
        {
          tenantId: asking.emulator.directory.tenant.id,
          objectId: NOBODY,
          permissions: { secrets: ['get'], keys: ['get'], certificates: ['get'], storage: ['get'] },
        },
      ];
      const policies = vaultBody({ accessPolicies, enableRbacAuthorization: false });
      expectAs('vaults: vault-create-put', await vaults('PUT', vaultPath('kv-b'), policies), VAULT);
      const read = await vaults('GET', vaultPath('kv-b'));
      expectAs('vaults: vault-create-get', read, VAULT);
      expectAs('vaults: vault-get', read, VAULT);
      expectAs('vaults: vault-get-example', read, VAULT);
      expectAs('vaults: vault-update-put', await vaults('PUT', vaultPath('kv-b'), policies), VAULT);
      const acls = {
        bypass: 'AzureServices',
        defaultAction: 'Deny',
        ipRules: [{ value: '1.2.3.4/32' }],
        virtualNetworkRules: [],
      };
      const ruled = vaultBody({ networkAcls: acls });
      expectAs('vaults: vault-put-network-rule-add', await vaults('PUT', vaultPath('kv-c'), ruled), VAULT);
      expectAs('vaults: vault-get-network-acls', await vaults('GET', vaultPath('kv-c')), VAULT);
      expectAs('vaults: vault-put-network-rule-remove', await vaults('PUT', vaultPath('kv-c'), ruled), VAULT);
      const filter = encodeURIComponent("resourceType eq 'Microsoft.KeyVault/vaults' and name eq 'kv-c'");
      const found = await asking.arm('GET', `${subscription()}/resources?$filter=${filter}`, '2021-04-01');
      expectAs('vaults: vault-find-by-name', found, PAGED);
      const name = `${subscription()}/providers/Microsoft.KeyVault/checkNameAvailability`;
      const free = await vaults('POST', name, { name: 'kv-free-name', type: 'Microsoft.KeyVault/vaults' });
      expectAs('vaults: vault-check-name-available-example', free);
    });

    it('a role assignment is created and deleted, with a condition, too; lists say what there is', async () => {
      const nothing = await authorization(
        'GET',
        `${assignments(subscription())}?$filter=principalId%20eq%20'${NOBODY}'`,
      );
      expectAs('authorization: role-assignments-list-empty', nothing);
      expectAs('authorization: role-definition-by-name', await reader());
      expectAs('authorization: role-assignment-create', await assign(GUID(5)));
      const filter = `?$filter=principalId%20eq%20'${asking.groups.developers.id}'`;
      const inGroup = await authorization('GET', `${assignments()}${filter}`);
      expectAs('authorization: role-assignments-list-resource-group', inGroup);
      const inSubscription = await authorization('GET', `${assignments(subscription())}${filter}`);
      expectAs('authorization: role-assignments-list-subscription', inSubscription);
      const remove = () => authorization('DELETE', `${assignments()}/${GUID(5)}`);
      expectAs('authorization: role-assignment-delete', await remove());
      expectAs('authorization: role-assignment-delete-missing-example', await remove());
      await assign(GUID(6), { condition: CONDITION, conditionVersion: '2.0', description: 'limited' });
      const limited = await authorization('DELETE', `${assignments()}/${GUID(6)}`);
      expectAs('authorization: role-assignment-delete-with-condition', limited);
    });

    it('permissions of the caller, at a resource, its group and its subscription', async () => {
      const permissions = (scope: string) =>
        authorization('GET', `${scope}/providers/Microsoft.Authorization/permissions`);
      expectAs('authorization: permissions-list-resource-group-example', await permissions(asking.group), PAGED);
      expectAs('authorization: permissions-list-resource-example', await permissions(asking.aks('aks-demo')), PAGED);
      expectAs('authorization: permissions-list-subscription-example', await permissions(subscription()), PAGED);
    });

    it('a managed identity is created', async () => {
      const path = `${asking.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-a`;
      const created = await asking.arm('PUT', path, '2024-11-30', { location: 'westeurope' });
      expectAs('authorization: managed-identity-create', created);
    });
  });

  describe('Resource Manager refuses as recorded', () => {
    it('what does not exist', async () => {
      const other = `${subscription()}/resourceGroups/none/providers/Microsoft.KeyVault/vaults/kv-a`;
      expectAs('errors: ResourceGroupNotFound', await vaults('GET', other));
      const elsewhere = await asking.arm('GET', `/subscriptions/${NOBODY}`, '2022-12-01');
      expectAs('errors: SubscriptionNotFound', elsewhere);
      const roleDefinitionId = `${subscription()}/providers/Microsoft.Authorization/roleDefinitions/${NOBODY}`;
      expectAs('errors: RoleDefinitionDoesNotExist', await assign(GUID(1), { roleDefinitionId }));
      expectAs('errors: PrincipalNotFound', await assign(GUID(2), { principalId: NOBODY, principalType: null }));
    });

    it('what is taken already', async () => {
      await assign(GUID(3));
      const second = await assign(GUID(4));
      expectAs('errors: RoleAssignmentExists, PUT of a role assignment', second);
      expectAs('errors: RoleAssignmentExists, the same since about 2024', second);
      await vaults('PUT', vaultPath('kv-d'), vaultBody());
      await asking.arm('PUT', `${subscription()}/resourceGroups/rg-other`, '2021-04-01', { location: 'westeurope' });
      const same = `${subscription()}/resourceGroups/rg-other/providers/Microsoft.KeyVault/vaults/kv-d`;
      expectAs('errors: VaultAlreadyExists', await vaults('PUT', same, vaultBody()));
      await vaults('DELETE', vaultPath('kv-d'));
      expectAs('errors: ConflictError', await vaults('PUT', vaultPath('kv-d'), vaultBody()));
    });

    it('what a lock, a policy or a disabled subscription forbids', async () => {
      const { governance, unregistered } = asking.emulator.arm;
      const group = asking.group.toLowerCase();
      governance.locks.set(group, 'ReadOnly');
      expectAs('errors: ScopeLocked, a write', await vaults('PUT', vaultPath('kv-e'), vaultBody()));
      governance.locks.set(group, 'CanNotDelete');
      expectAs('errors: ScopeLocked, a DELETE', await vaults('DELETE', vaultPath('kv-b')));
      governance.locks.clear();
      governance.policies.push({ name: 'deny', scope: asking.group, action: 'Microsoft.KeyVault/vaults/write' });
      expectAs('errors: RequestDisallowedByPolicy', await vaults('PUT', vaultPath('kv-e'), vaultBody()));
      governance.policies.pop();
      governance.subscriptions.set(asking.subscriptionId, 'Disabled');
      expectAs('errors: ReadOnlyDisabledSubscription', await vaults('PUT', vaultPath('kv-e'), vaultBody()));
      governance.subscriptions.clear();
      unregistered.add('Microsoft.KeyVault');
      expectAs('errors: MissingSubscriptionRegistration', await vaults('PUT', vaultPath('kv-e'), vaultBody()));
      unregistered.clear();
    });

    it('what the caller may not do, there or at what is linked', async () => {
      const { arm, directory } = asking.emulator;
      const { principal } = asking.deployer;
      for (const [id, entry] of arm.assignments.all) if (entry.role === 'Owner') arm.assignments.all.delete(id);
      expect(directory.groupsOf(principal.id)).toContain(asking.groups.admins.id);
      expectAs('errors: AuthorizationFailed', await vaults('DELETE', vaultPath('kv-b')));
      const read = await asking.arm('GET', asking.aks('aks-demo'), '2026-04-01');
      const body = Object(read.body);
      const subnet = '/subscriptions/a/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/a/subnets/b';
      const pools = [{ ...body.properties.agentPoolProfiles[0], vnetSubnetID: subnet }];
      const properties = { ...body.properties, agentPoolProfiles: pools };
      const put = await asking.arm('PUT', asking.aks('aks-demo'), '2026-04-01', { ...body, properties });
      expectAs('errors: LinkedAuthorizationFailed, PUT of a cluster', put);
    });
  });
}
