import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../emulator/lib/json.ts';
import { buildStandardWorld, type World } from '../../emulator/worlds/standard.ts';
import { withAssertion } from '../emulator/clients/entra.ts';
import { stringAt } from '../emulator/clients/json.ts';
import { differences, type Shape, shapeOfAnswer } from './shape.ts';

const SHAPES: readonly Shape[] = JSON.parse(readFileSync(join(import.meta.dirname, 'shapes.json'), 'utf8'));
const CREDENTIAL = { passwordCredential: { displayName: 'rbac', endDateTime: '2099-01-01T00:00:00Z' } };

let world: World;
let tokens: Readonly<Record<'management.azure.com' | 'kv-platform.vault.azure.net' | 'graph.microsoft.com', string>>;
const covered = new Set<string>();

beforeAll(async () => {
  world = await buildStandardWorld();
  const { emulator, deployer, vault, subscriptionId } = world;
  for (const role of ['Application.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All'])
    emulator.directory.grantAppRole(deployer.principal, role);
  emulator.arm.assignments.assign(deployer.principal.id, 'Owner', `/subscriptions/${subscriptionId}`);
  emulator.arm.assignments.assign(deployer.principal.id, 'Key Vault Secrets Officer', vault.id);
  const tokenFor = async (resource: string) => {
    const reply = await withAssertion(emulator, deployer.application.appId, { scope: `${resource}/.default` });
    return stringAt(reply.body, 'access_token');
  };
  tokens = {
    'management.azure.com': await tokenFor('https://management.azure.com'),
    'kv-platform.vault.azure.net': await tokenFor('https://vault.azure.net'),
    'graph.microsoft.com': await tokenFor('https://graph.microsoft.com'),
  };
});

afterAll(async () => {
  expect(world.emulator.crashes).toEqual([]);
  await world.emulator.close();
  const left = SHAPES.filter(({ name }) => !covered.has(name));
  const reasons = new Map<string, number>();
  for (const shape of left) reasons.set(reasonOf(shape), (reasons.get(reasonOf(shape)) ?? 0) + 1);
  console.log(`${covered.size} of ${SHAPES.length} exchanges are covered. Not covered:`);
  for (const [reason, count] of reasons) console.log(`  ${count}: ${reason}`);
  for (const shape of left) console.log(`    ${shape.name}: ${reasonOf(shape)}`);
});

/** Why no test brings the emulator to an exchange. */
function reasonOf({ name, recorded, status, body }: Shape): string {
  if (!recorded) return 'quoted or an example of the documentation, not recorded';
  if (/poll|operationresult|purge-result/.test(name)) return 'a moment of an operation, whose words differ each time';
  if (/abort|delete(-2023)?$|backup|restore|update-disable|purge/.test(name) && /^(aks|keyvault|vaults)/.test(name))
    return 'a request that the action does not send and the emulator does not model';
  if ((status ?? 400) < 300 && Object.keys(body).length > 12)
    return 'a whole resource, of which the emulator answers only the properties that clients use';
  return 'no test yet';
}

async function ask(host: keyof typeof tokens | 'nobody', method: string, path: string, body?: Json) {
  const target = host === 'nobody' ? 'kv-platform.vault.azure.net' : host;
  const response = await world.emulator.dispatch(`https://${target}${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(host === 'nobody' ? {} : { Authorization: `Bearer ${tokens[host]}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const content: Json = text === '' ? null : JSON.parse(text);
  return { status: response.status, headers: response.headers, body: content };
}

const arm = (method: string, path: string, version: string, body?: Json) =>
  ask('management.azure.com', method, `${path}${path.includes('?') ? '&' : '?'}api-version=${version}`, body);
const vault = (method: string, path: string, body?: Json) =>
  ask('kv-platform.vault.azure.net', method, `${path}?api-version=7.5`, body);
const graph = (method: string, path: string, body?: Json) => ask('graph.microsoft.com', method, `/v1.0${path}`, body);

/** @param partly the emulator answers fewer properties: those it answers have to be as recorded */
function expectAs(name: string, answer: Awaited<ReturnType<typeof ask>>, partly = false): void {
  const recorded = SHAPES.find((shape) => shape.name === name);
  if (!recorded) throw new Error(`There is no shape ${name}.`);
  expect(differences(recorded, shapeOfAnswer(answer), partly)).toEqual([]);
  covered.add(name);
}

describe('Resource Manager and AKS answer as recorded', () => {
  const group = () => `/subscriptions/${world.subscriptionId}/resourceGroups/${world.resourceGroup}`;
  const aks = (name: string) => `${group()}/providers/Microsoft.ContainerService/managedClusters/${name}`;

  it('a cluster that does not exist is a wrapped error of the gateway', async () => {
    expectAs('aks: aks-get-missing', await arm('GET', aks('none'), '2026-04-01'));
  });

  it('a creation is 201 with an operation, and its polls are 200 with a status in words', async () => {
    const created = await arm('PUT', aks('new'), '2026-04-01', {
      location: 'westeurope',
      identity: { type: 'SystemAssigned' },
      properties: {
        dnsPrefix: 'new',
        agentPoolProfiles: [{ name: 'nodepool1', mode: 'System', count: 1, vmSize: 'Standard_D2s_v5' }],
      },
    });
    expect([created.status, created.headers['azure-asyncoperation']]).toEqual([201, expect.any(String)]);
    const { pathname, search } = new URL(created.headers['azure-asyncoperation'] ?? '');
    const poll = () => ask('management.azure.com', 'GET', pathname + search);
    expectAs('aks: aks-create-put', { ...created }, true);
    expectAs('aks: aks-create-poll-1', await poll());
    world.emulator.clock.advance(60_000);
    expectAs('aks: aks-create-poll-7', await poll());
    expectAs('aks: aks-get-succeeded', await arm('GET', aks('new'), '2026-04-01'), true);
  });

  it('a command is 202 with Location only, its polls 202 with a body, then 200', async () => {
    const posted = await arm('POST', `${aks('aks-demo')}/runCommand`, '2026-04-01', { command: 'sleep 1; echo ready' });
    expectAs('aks: aks-run-command-post', posted);
    const { pathname, search } = new URL(posted.headers['location'] ?? '');
    const poll = () => ask('management.azure.com', 'GET', pathname + search);
    expectAs('aks: aks-run-command-poll-1', await poll());
    await expect.poll(async () => (await poll()).status, { timeout: 20_000 }).toBe(200);
    expectAs('aks: aks-run-command-poll-2', await poll());
  });

  it('credentials are a list of kubeconfigs', async () => {
    const answer = await arm('POST', `${aks('aks-demo')}/listClusterUserCredential`, '2026-04-01');
    expectAs('aks: aks-list-cluster-user-credential', answer);
  });

  it('a vault is read, created and deleted', async () => {
    const path = `${group()}/providers/Microsoft.KeyVault/vaults`;
    expectAs('vaults: vault-get', await arm('GET', `${path}/kv-platform`, '2024-11-01'), true);
    const properties = {
      tenantId: world.emulator.directory.tenant.id,
      sku: { family: 'A', name: 'standard' },
      accessPolicies: [],
      enableRbacAuthorization: true,
    };
    const created = await arm('PUT', `${path}/kv-conformance`, '2024-11-01', { location: 'westeurope', properties });
    expect(created.status).toBe(200);
    expectAs('vaults: vault-delete', await arm('DELETE', `${path}/kv-conformance`, '2024-11-01'));
  });

  it('a role assignment is created once; the list of a principal without any is empty', async () => {
    const nobody = '99999999-9999-4999-8999-999999999999';
    const assignments = `${group()}/providers/Microsoft.Authorization/roleAssignments`;
    const listed = await arm('GET', `${assignments}?$filter=principalId%20eq%20'${nobody}'`, '2022-04-01');
    expectAs('authorization: role-assignments-list-empty', listed);
    const reader = await arm(
      'GET',
      `${group()}/providers/Microsoft.Authorization/roleDefinitions?$filter=roleName%20eq%20'Reader'`,
      '2022-04-01',
    );
    expectAs('authorization: role-definition-by-name', reader, true);
    const name = `${assignments}/11111111-2222-4333-8444-555555555555`;
    const properties = {
      roleDefinitionId: stringAt(reader.body, 'value', 0, 'id'),
      principalId: world.groups.developers.id,
      principalType: 'Group',
    };
    expectAs('authorization: role-assignment-create', await arm('PUT', name, '2022-04-01', { properties }), true);
    expectAs('authorization: role-assignment-delete', await arm('DELETE', name, '2022-04-01'), true);
  });
});

describe('Key Vault answers as recorded', () => {
  it('a request without a token is challenged', async () => {
    expectAs('keyvault: secret-set-challenge', await ask('nobody', 'PUT', '/secrets/secret1?api-version=7.5', {}));
  });

  it('a secret is set, listed, deleted, and refused while it is being deleted and after', async () => {
    const { settings } = world.emulator.keyVault;
    settings.transitionDuration = 30_000;
    expectAs('keyvault: secret-set', await vault('PUT', '/secrets/secret1', { value: 'a', tags: {} }), true);
    expectAs('keyvault: secret-versions', await vault('GET', '/secrets/secret1/versions'), true);
    const removed = await vault('DELETE', '/secrets/secret1');
    expectAs('keyvault: secret-delete-2', removed, true);
    expectAs('keyvault: secret-set-being-deleted-1', await vault('PUT', '/secrets/secret1', { value: 'b' }));
    world.emulator.clock.advance(30_000);
    expectAs('keyvault: secret-set-deleted-but-recoverable', await vault('PUT', '/secrets/secret1', { value: 'b' }));
    expectAs('keyvault: deleted-secret-recover', await vault('POST', '/deletedsecrets/secret1/recover'), true);
  });
});

describe('Microsoft Graph answers as recorded', () => {
  it('an application is created, found, changed and deleted', async () => {
    const created = await graph('POST', '/applications', { displayName: 'web', serviceManagementReference: SERVICE });
    expectAs('graph: application: create', { ...created, headers: { ...created.headers, location: '' } }, true);
    const path = `/applications/${stringAt(created.body, 'id')}`;
    expectAs('graph: addPassword', { ...(await graph('POST', `${path}/addPassword`, CREDENTIAL)), headers: LOCATED });
    expectAs('graph: application: read by id', await graph('GET', path), true);
    const nothing = await graph('GET', "/applications?$filter=startswith(displayName,'nothing')");
    expectAs('graph: application: filter without a hit', nothing);
    expectAs('graph: application: update', await graph('PATCH', path, { requiredResourceAccess: [] }));
    const appId = stringAt(created.body, 'appId');
    const principal = await graph('POST', '/servicePrincipals', { appId });
    expectAs('graph: service principal: create', { ...principal, headers: LOCATED }, true);
    const filter = `servicePrincipalNames/any(c:c eq '${appId}')`;
    const named = (name: string) => graph('GET', `/servicePrincipals?$filter=${encodeURIComponent(name)}`);
    expectAs('graph: service principal: read by servicePrincipalNames', await named(filter), true);
    const none = await named("servicePrincipalNames/any(c:c eq 'none')");
    expectAs('graph: service principal: filter without a hit', none);
    expectAs('graph: application: delete', await graph('DELETE', path));
  });

  it('consent is one grant with an id made of the ids in it', async () => {
    const [client, resource] = [...world.emulator.directory.servicePrincipals.values()];
    const api = [...world.emulator.directory.servicePrincipals.values()].find(({ oauth2PermissionScopes }) =>
      oauth2PermissionScopes.some(({ value }) => value === 'openid'),
    );
    const clientId = client === api ? resource?.id : client?.id;
    const wanted = { consentType: 'AllPrincipals', principalId: null, scope: 'openid' };
    const made = await graph('POST', '/oauth2PermissionGrants', { ...wanted, clientId, resourceId: api?.id ?? '' });
    expectAs('graph: grants: create', { ...made, headers: LOCATED });
    const listed = await graph('GET', `/oauth2PermissionGrants?$filter=clientId%20eq%20'${clientId}'`);
    expectAs('graph: grants: list by clientId', listed);
    const path = `/oauth2PermissionGrants/${stringAt(made.body, 'id')}`;
    expectAs('graph: grants: delete', await graph('DELETE', path));
  });

  it('colliding writes are 409 with their own code', async () => {
    const { settings } = world.emulator.directory;
    const application = await graph('POST', '/applications', { displayName: 'busy' });
    settings.collisionWindow = 1_000;
    const path = `/applications/${stringAt(application.body, 'id')}`;
    expectAs('graph: concurrent writes, 409', await graph('POST', `${path}/addPassword`, {}));
    settings.collisionWindow = 0;
  });
});

const SERVICE = '00000000-0000-4000-8000-000000000009';

/** Graph's Location points to another host and says nothing. */
const LOCATED = { location: '' };
