import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { at, type Json } from '../../emulator/lib/json.ts';
import { delegationCondition } from '../../emulator/worlds/grants.ts';
import { armClient, code, GROUP, ROOT, SUBSCRIPTION, withSubscription } from './clients/arm.ts';
import { addDeployer } from './clients/entra.ts';

const AUTHORIZATION = 'providers/Microsoft.Authorization';
const READER = '7f6c6a51-bcf8-42ba-9220-52d62157d7db';
const WRITER = 'a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb';

let emulator: Emulator;
withSubscription((started) => {
  emulator = started;
});
beforeEach(() => {
  emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
});

const as = (...roles: readonly string[]) => armClient(emulator, ...roles);

describe('a built-in role', () => {
  it('AKS Contributor may do everything with a cluster, also delete it and run commands in it', async () => {
    const arm = await as('Azure Kubernetes Service Contributor Role');
    const permissions = await arm('GET', `${GROUP}/${AUTHORIZATION}/permissions`);
    expect(at(permissions.body, 'value', 0, 'actions')).toContain('Microsoft.ContainerService/managedClusters/*');
  });

  it('Key Vault Secrets Officer may read its own permissions, and Key Vault Secrets User may not', async () => {
    const officer = await as('Key Vault Secrets Officer');
    expect((await officer('GET', `${GROUP}/${AUTHORIZATION}/permissions`)).status).toBe(200);
    const user = await as('Key Vault Secrets User');
    expect(code(await user('GET', `${GROUP}/${AUTHORIZATION}/permissions`))).toBe('AuthorizationFailed');
  });
});

describe('a custom role', () => {
  const path = (id: string) => `${ROOT}/${AUTHORIZATION}/roleDefinitions/${id}`;
  const role = (actions: readonly string[], assignableScopes: readonly string[]): Json => ({
    properties: {
      ...{ roleName: 'Deployer', description: 'a', type: 'CustomRole', assignableScopes },
      permissions: [{ actions, notActions: [], dataActions: [], notDataActions: [] }],
    },
  });
  const read = 'Microsoft.ContainerService/managedClusters/read';

  it('is created by an Owner, found by its name and assigned within its scopes', async () => {
    const arm = await as('Owner');
    const id = randomUUID();
    expect((await arm('PUT', path(id), role([read], [GROUP]))).status).toBe(201);
    const filter = encodeURIComponent("roleName eq 'Deployer'");
    const found = await arm('GET', `${GROUP}/${AUTHORIZATION}/roleDefinitions?$filter=${filter}`);
    expect(at(found.body, 'value', 0, 'properties')).toMatchObject({ type: 'CustomRole', assignableScopes: [GROUP] });
    const { principal } = addDeployer(emulator);
    const properties = { roleDefinitionId: path(id), principalId: principal.id };
    const assign = (scope: string) =>
      arm('PUT', `${scope}/${AUTHORIZATION}/roleAssignments/${randomUUID()}`, { properties });
    expect(code(await assign(ROOT))).toBe('RoleAssignmentScopeNotAssignableToRoleDefinition');
    expect((await assign(GROUP)).status).toBe(201);
    emulator.clock.advance(1000);
    expect(emulator.arm.assignments.allows(principal.id, read, GROUP)).toBe(true);
    expect(emulator.arm.assignments.allows(principal.id, read.replace('read', 'write'), GROUP)).toBe(false);
  });

  it('is refused to a Contributor, with a name that exists, or with an action that cannot be', async () => {
    const contributor = await as('Contributor');
    expect(code(await contributor('PUT', path(randomUUID()), role([read], [ROOT])))).toBe('AuthorizationFailed');
    const arm = await as('Owner');
    await arm('PUT', path(randomUUID()), role([read], [ROOT]));
    expect(code(await arm('PUT', path(randomUUID()), role([read], [ROOT])))).toBe('RoleDefinitionWithSameNameExists');
    expect(code(await arm('PUT', path(randomUUID()), role(['read'], [ROOT])))).toBe('InvalidActionOrNotAction');
    expect((await arm('PUT', path(READER), role([read], [ROOT]))).status).toBe(400);
  });
});

describe('a condition on the right to assign roles', () => {
  it('a condition limits roles and principals, for creating and for deleting', async () => {
    const [group, other] = ['a', 'b'].map((displayName) => emulator.directory.addGroup({ displayName }));
    const arm = await as();
    const caller = [...emulator.directory.servicePrincipals.values()].at(-1)?.id ?? '';
    const condition = delegationCondition([READER], [group?.id ?? '']);
    emulator.arm.assignments.assign(caller, 'Role Based Access Control Administrator', ROOT, condition);
    const path = (name: string) => `${GROUP}/${AUTHORIZATION}/roleAssignments/${name}`;
    const assign = (name: string, role: string, principalId = group?.id) => {
      const roleDefinitionId = `${ROOT}/${AUTHORIZATION}/roleDefinitions/${role}`;
      return arm('PUT', path(name), { properties: { roleDefinitionId, principalId: principalId ?? '' } });
    };
    const name = randomUUID();
    expect((await assign(name, READER)).status).toBe(201);
    expect(code(await assign(randomUUID(), WRITER))).toBe('AuthorizationFailed');
    expect(code(await assign(randomUUID(), READER, other?.id))).toBe('AuthorizationFailed');
    expect((await arm('DELETE', path(name))).status).toBe(200);
    const owner = await as('Owner');
    const roleDefinitionId = `${ROOT}/${AUTHORIZATION}/roleDefinitions/${WRITER}`;
    await owner('PUT', path(name), { properties: { roleDefinitionId, principalId: other?.id ?? '' } });
    expect(code(await arm('DELETE', path(name)))).toBe('AuthorizationFailed');
  });

  it('a condition that cannot be evaluated is refused', async () => {
    const arm = await as('Owner');
    const group = emulator.directory.addGroup({ displayName: 'a' });
    const roleDefinitionId = `${ROOT}/${AUTHORIZATION}/roleDefinitions/${READER}`;
    const properties = { roleDefinitionId, principalId: group.id, condition: 'true', conditionVersion: '2.0' };
    const path = `${GROUP}/${AUTHORIZATION}/roleAssignments/${randomUUID()}`;
    expect(code(await arm('PUT', path, { properties }))).toBe('InvalidCondition');
  });
});
