import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { githubIssuer } from '../../emulator/github/service.ts';
import { subjectOf } from '../../emulator/github/workflow.ts';
import { at, type Json } from '../../emulator/lib/json.ts';
import { armClient, CLUSTER, code, GROUP, ROOT, SUBSCRIPTION, withSubscription } from './clients/arm.ts';
import { addDeployer, withAssertion } from './clients/entra.ts';
import { stringAt } from './clients/json.ts';

const READER = '7f6c6a51-bcf8-42ba-9220-52d62157d7db';

let emulator: Emulator;
withSubscription((started) => {
  emulator = started;
});

const as = (...roles: readonly string[]) => armClient(emulator, ...roles);

describe('a role assignment', () => {
  const definition = `${ROOT}/providers/Microsoft.Authorization/roleDefinitions/${READER}`;
  const path = (name: string) => `${GROUP}/providers/Microsoft.Authorization/roleAssignments/${name}`;
  beforeEach(() => {
    emulator.arm.addResourceGroup(SUBSCRIPTION, 'rg-platform');
  });

  it('is unique per principal, role and scope', async () => {
    const arm = await as('Role Based Access Control Administrator');
    const group = emulator.directory.addGroup({ displayName: 'Developers' });
    const properties = { roleDefinitionId: definition, principalId: group.id, principalType: 'Group' };
    const name = randomUUID();
    expect((await arm('PUT', path(name), { properties: { ...properties, description: 'a' } })).status).toBe(201);
    expect((await arm('PUT', path(name), { properties: { ...properties, description: 'b' } })).status).toBe(200);
    expect(code(await arm('PUT', path(randomUUID()), { properties }))).toBe('RoleAssignmentExists');
    const found = (await arm('GET', `${GROUP}/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()`))
      .body;
    expect(at(found, 'value')).toContainEqual(
      expect.objectContaining({ name, properties: expect.objectContaining({ description: 'b' }) }),
    );
    expect((await arm('DELETE', path(name))).status).toBe(200);
    expect((await arm('DELETE', path(name))).status).toBe(204);
  });

  it('is refused to a Contributor, and for an unknown or mistyped principal', async () => {
    const contributor = await as('Contributor');
    const properties = { roleDefinitionId: definition, principalId: randomUUID() };
    expect(code(await contributor('PUT', path(randomUUID()), { properties }))).toBe('AuthorizationFailed');
    const arm = await as('Role Based Access Control Administrator');
    expect(code(await arm('PUT', path(randomUUID()), { properties }))).toBe('PrincipalNotFound');
    const group = { ...properties, principalId: emulator.directory.addGroup({ displayName: 'a' }).id };
    const typed = { properties: { ...group, principalType: 'User' } };
    expect(code(await arm('PUT', path(randomUUID()), typed))).toBe('UnmatchedPrincipalType');
  });

  it('takes effect after a delay, also for the members of a group', async () => {
    const arm = await as('Owner');
    const reader = addDeployer(emulator);
    const group = emulator.directory.addGroup({ displayName: 'Developers', members: [reader.principal.id] });
    await arm('PUT', path(randomUUID()), { properties: { roleDefinitionId: definition, principalId: group.id } });
    expect(emulator.arm.assignments.rolesOf(reader.principal.id, CLUSTER)).toEqual([]);
    emulator.clock.advance(1000);
    expect(emulator.arm.assignments.rolesOf(reader.principal.id, CLUSTER)).toEqual([
      'Azure Kubernetes Service RBAC Reader',
    ]);
  });

  it('a role definition is found by its name, and permissions are listed at a scope', async () => {
    const arm = await as('Reader');
    const filter = encodeURIComponent("roleName eq 'Azure Kubernetes Service RBAC Reader'");
    const { body } = await arm('GET', `${ROOT}/providers/Microsoft.Authorization/roleDefinitions?$filter=${filter}`);
    expect(at(body, 'value', 0, 'id')).toBe(definition);
    const permissions = (await arm('GET', `${GROUP}/providers/Microsoft.Authorization/permissions`)).body;
    expect(at(permissions, 'value', 0, 'actions')).toEqual(['*/read']);
    const nowhere = await arm('GET', `${ROOT}/resourceGroups/none/providers/Microsoft.Authorization/permissions`);
    expect(code(nowhere)).toBe('ResourceGroupNotFound');
  });
});

describe('a user-assigned managed identity', () => {
  const identity = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer`;
  const credential = (name: string) => `${identity}/federatedIdentityCredentials/${name}`;
  const trust = (subject: string): Json => ({
    properties: { issuer: githubIssuer, subject, audiences: ['api://AzureADTokenExchange'] },
  });

  it('a managed identity signs in with an assertion that matches one of its federated credentials', async () => {
    const arm = await as('Contributor');
    await arm('PUT', GROUP, { location: 'westeurope' });
    const made = await arm('PUT', identity, { location: 'westeurope' });
    expect(made.status).toBe(201);
    const clientId = stringAt(made.body, 'properties', 'clientId') ?? '';
    const scope = 'https://management.azure.com/.default';
    expect((await withAssertion(emulator, clientId, { scope })).status).toBe(401);
    expect((await arm('PUT', credential('main'), trust(subjectOf(emulator.workflow)))).status).toBe(201);
    emulator.clock.advance(60_000);
    expect((await withAssertion(emulator, clientId, { scope })).status).toBe(200);
  });

  it('a managed identity can have only one federated credential for a subject', async () => {
    const arm = await as('Contributor');
    await arm('PUT', GROUP, { location: 'westeurope' });
    await arm('PUT', identity, { location: 'westeurope' });
    expect((await arm('PUT', credential('main'), trust('repo:a/b:ref:refs/heads/main'))).status).toBe(201);
    expect((await arm('PUT', credential('main'), trust('repo:a/b:ref:refs/heads/main'))).status).toBe(200);
    expect((await arm('PUT', credential('again'), trust('repo:a/b:ref:refs/heads/main'))).status).toBe(409);
    expect(code(await (await as('Reader'))('PUT', credential('other'), trust('x')))).toBe('AuthorizationFailed');
  });
});
