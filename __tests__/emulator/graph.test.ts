import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { at } from '../../emulator/lib/json.ts';
import { withEmulator } from './clients/emulator.ts';
import { addDeployer } from './clients/entra.ts';
import { graphClient } from './clients/graph.ts';
import { stringAt } from './clients/json.ts';

let emulator: Emulator;
withEmulator((started) => {
  emulator = started;
});

const upsert = { Prefer: 'create-if-missing' };
const as = (...roles: readonly string[]) => graphClient(emulator, addDeployer(emulator, ...roles).application.appId);
const code = (reply: { body: Parameters<typeof at>[0] }) => at(reply.body, 'error', 'code');

describe('an upsert by uniqueName', () => {
  it('creates an application once, then updates it', async () => {
    emulator.directory.settings.upsertMakesOwner = true;
    const graph = await as('Application.ReadWrite.OwnedBy');
    const path = "/applications(uniqueName='headlamp')";
    expect((await graph('PATCH', path, { displayName: 'Headlamp' })).status).toBe(404);
    const created = await graph('PATCH', path, { displayName: 'Headlamp' }, upsert);
    expect(created).toMatchObject({ status: 201, body: { uniqueName: 'headlamp', displayName: 'Headlamp' } });
    expect((await graph('PATCH', path, { displayName: 'Headlamp 2' }, upsert)).status).toBe(204);
    expect(await graph('GET', path)).toMatchObject({
      body: { id: stringAt(created.body, 'id'), displayName: 'Headlamp 2' },
    });
    expect((await graph('PATCH', path, { notes: 'x' }, upsert)).status).toBe(400);
  });

  it('may make nobody the owner, unless the body binds one', async () => {
    const { application, principal } = addDeployer(emulator, 'Application.ReadWrite.OwnedBy');
    const graph = await graphClient(emulator, application.appId);
    const owner = `https://graph.microsoft.com/v1.0/directoryObjects/${principal.id}`;
    const create = (name: string, body = {}) =>
      graph('PATCH', `/applications(uniqueName='${name}')`, { displayName: name, ...body }, upsert);
    const [orphan, owned] = [await create('one'), await create('two', { 'owners@odata.bind': [owner] })];
    expect((await graph('PATCH', `/applications/${stringAt(orphan.body, 'id')}`, { notes: 'x' })).status).toBe(403);
    expect((await graph('PATCH', `/applications/${stringAt(owned.body, 'id')}`, { notes: 'x' })).status).toBe(204);
    emulator.directory.settings.upsertBindsOwners = false;
    expect((await create('three', { 'owners@odata.bind': [owner] })).status).toBe(400);
  });
});

describe('an update', () => {
  it('replaces collections, and merges the properties of objects', async () => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    const web = { redirectUris: ['https://one.contoso.com/oidc-callback'], homePageUrl: 'https://one.contoso.com' };
    const { body } = await graph('POST', '/applications', { displayName: 'a', web });
    const path = `/applications/${stringAt(body, 'id')}`;
    await graph('PATCH', path, { web: { redirectUris: ['http://localhost:8000/oidc-callback'] } });
    expect(at((await graph('GET', path)).body, 'web')).toMatchObject({
      redirectUris: ['http://localhost:8000/oidc-callback'],
      homePageUrl: 'https://one.contoso.com',
    });
  });

  it.each([
    ['an unknown property', { foo: 1 }, "Invalid property 'foo'."],
    ['an unknown property within another', { web: { redirectUri: [] } }, "Invalid property 'redirectUri'."],
    ['a value of another type', { tags: 'a' }, 'is not a collection'],
    ['a redirect URI without TLS', { web: { redirectUris: ['http://headlamp.contoso.com'] } }, 'must start with HTTPS'],
    ['a redirect URI twice', { web: { redirectUris: ['https://a.b', 'https://a.b'] } }, 'duplicate values'],
    ['passwords', { passwordCredentials: [] }, 'addPassword'],
    ['what is read-only', { uniqueName: 'other' }, 'read-only'],
  ])('an update is refused with %s', async (_, body, message) => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    const created = await graph('POST', '/applications', { displayName: 'a' });
    const refused = await graph('PATCH', `/applications/${stringAt(created.body, 'id')}`, body);
    expect([refused.status, stringAt(refused.body, 'error', 'message')]).toEqual([
      400,
      expect.stringContaining(message),
    ]);
  });
});

describe('permissions', () => {
  it('Application.ReadWrite.OwnedBy writes only what the caller owns', async () => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    const others = emulator.directory.addApplication({ displayName: 'of others' });
    expect((await graph('GET', `/applications/${others.id}`)).status).toBe(200);
    expect(code(await graph('PATCH', `/applications/${others.id}`, { notes: 'x' }))).toBe(
      'Authorization_RequestDenied',
    );
    expect((await graph('POST', `/applications/${others.id}/addPassword`, {})).status).toBe(403);
    expect((await graph('POST', '/servicePrincipals', { appId: others.appId })).status).toBe(403);
    const own = await graph('POST', '/applications', { displayName: 'own' });
    expect((await graph('POST', '/servicePrincipals', { appId: stringAt(own.body, 'appId') })).status).toBe(201);
    expect((await graph('DELETE', `/applications/${stringAt(own.body, 'id')}`)).status).toBe(204);
  });

  it('reading, consent and Microsoft’s own applications each require a permission', async () => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    expect((await graph('GET', '/oauth2PermissionGrants')).status).toBe(403);
    expect((await graph('GET', '/groups')).status).toBe(403);
    expect((await (await as())('GET', '/applications')).status).toBe(403);
    const aks = emulator.directory.servicePrincipal('6dae42f8-4368-4678-94ff-3960e28e3630');
    if (aks) emulator.directory.deleteServicePrincipal(aks);
    const body = { appId: '6dae42f8-4368-4678-94ff-3960e28e3630' };
    expect((await graph('POST', '/servicePrincipals', body)).status).toBe(403);
    const all = await as('Application.ReadWrite.All');
    expect((await all('POST', '/servicePrincipals', body)).status).toBe(201);
    expect((await all('POST', '/servicePrincipals', body)).status).toBe(409);
  });
});

describe('a client secret', () => {
  const make = async (passwordCredential: Record<string, string>) => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    const id = stringAt((await graph('POST', '/applications', { displayName: 'a' })).body, 'id');
    const made = await graph('POST', `/applications/${id}/addPassword`, { passwordCredential });
    return { made, read: await graph('GET', `/applications/${id}`) };
  };

  it('the text of a client secret is shown only once', async () => {
    const { made, read } = await make({ displayName: 'first' });
    expect(stringAt(made.body, 'secretText')).toMatch(/^[\w.~-]{40}$/);
    expect(at(read.body, 'passwordCredentials', 0)).toMatchObject({
      displayName: 'first',
      hint: stringAt(made.body, 'secretText').slice(0, 3),
      secretText: null,
    });
  });

  it('is refused if it violates the tenant’s policy', async () => {
    emulator.directory.policy.maximumPasswordLifetime = 30;
    const { made } = await make({ endDateTime: new Date(emulator.clock.now() + 31 * 86_400_000).toISOString() });
    expect(code(made)).toBe('CredentialInvalidLifetimeAsPerAppPolicy');
    emulator.directory.policy.passwordAddition = 'blocked';
    expect(code((await make({})).made)).toBe('CredentialTypeNotAllowedAsPerAppPolicy');
  });
});

describe('consent', () => {
  it('there is one consent grant per client and resource, with only the scopes that the resource exposes', async () => {
    const graph = await as('Application.ReadWrite.All', 'DelegatedPermissionGrant.ReadWrite.All');
    const application = await graph('POST', '/applications', { displayName: 'a' });
    const client = await graph('POST', '/servicePrincipals', { appId: stringAt(application.body, 'appId') });
    const resource = await graph('GET', "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')?$select=id");
    const [clientId, resourceId] = [stringAt(client.body, 'id'), stringAt(resource.body, 'id')];
    const body = { clientId, resourceId, consentType: 'AllPrincipals', scope: 'openid profile' };
    const granted = await graph('POST', '/oauth2PermissionGrants', body);
    expect(granted.status).toBe(201);
    expect(await graph('POST', '/oauth2PermissionGrants', body)).toMatchObject({
      status: 400,
      body: { error: { message: 'Permission entry already exists.' } },
    });
    const path = `/oauth2PermissionGrants/${stringAt(granted.body, 'id')}`;
    expect((await graph('PATCH', path, { scope: 'openid user.read' })).status).toBe(204);
    expect((await graph('PATCH', path, { scope: 'Mail.Read' })).status).toBe(400);
    const listed = await graph('GET', `/servicePrincipals/${clientId}/oauth2PermissionGrants`);
    expect(at(listed.body, 'value', 0, 'scope')).toBe('openid user.read');
  });
});

describe('replication', () => {
  it('a new object is not found during the replication lag', async () => {
    Object.assign(emulator.directory.settings, { replicationLag: 20_000, upsertMakesOwner: true });
    const graph = await as('Application.ReadWrite.OwnedBy');
    const path = "/applications(uniqueName='headlamp')";
    const created = await graph('PATCH', path, { displayName: 'a' }, upsert);
    const [id, appId] = [stringAt(created.body, 'id'), stringAt(created.body, 'appId')];
    expect(code(await graph('GET', path))).toBe('Request_ResourceNotFound');
    expect((await graph('POST', `/applications/${id}/addPassword`, {})).status).toBe(404);
    expect(at((await graph('POST', '/servicePrincipals', { appId })).body, 'error', 'details', 0, 'code')).toBe(
      'NoBackingApplicationObject',
    );
    expect(at((await graph('POST', '/servicePrincipals', { appId })).body, 'error', 'message')).toContain(
      'must in the local tenant',
    );
    expect((await graph('PATCH', path, { displayName: 'b' }, upsert)).status).toBe(204);
    emulator.clock.advance(20_000);
    expect((await graph('GET', path)).status).toBe(200);
    expect((await graph('POST', '/servicePrincipals', { appId })).status).toBe(201);
  });
});

describe('deletion', () => {
  it('deleting an application also deletes its service principal, and can be undone', async () => {
    const graph = await as('Application.ReadWrite.OwnedBy');
    const { body } = await graph('POST', '/applications', { displayName: 'a' });
    const [id, appId] = [stringAt(body, 'id'), stringAt(body, 'appId')];
    await graph('POST', '/servicePrincipals', { appId });
    expect((await graph('DELETE', `/applications/${id}`)).status).toBe(204);
    expect((await graph('GET', `/servicePrincipals(appId='${appId}')`)).status).toBe(404);
    // Reading deleted items requires a permission for all applications; restoring an owned one does not.
    expect((await graph('GET', `/directory/deletedItems/${id}`)).status).toBe(403);
    expect((await graph('POST', `/directory/deletedItems/${id}/restore`)).status).toBe(200);
    expect((await graph('GET', `/applications/${id}`)).status).toBe(200);
  });
});

describe('a permission of an application', () => {
  it('an app role is assigned to a service principal once, and can be removed', async () => {
    const graph = await as('AppRoleAssignment.ReadWrite.All', 'Application.ReadWrite.All');
    const { body } = await graph('POST', '/applications', { displayName: 'a' });
    const own = await graph('POST', '/servicePrincipals', { appId: stringAt(body, 'appId') });
    const api = await graph('GET', "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
    const roles = at(api.body, 'appRoles');
    const role = Array.isArray(roles) ? roles.find((entry) => at(entry, 'value') === 'Directory.Read.All') : undefined;
    const principalId = stringAt(own.body, 'id');
    const path = `/servicePrincipals/${principalId}/appRoleAssignments`;
    const wanted = { principalId, resourceId: stringAt(api.body, 'id'), appRoleId: stringAt(role, 'id') };
    expect((await graph('POST', path, wanted)).status).toBe(201);
    expect((await graph('POST', path, wanted)).status).toBe(400);
    expect((await graph('POST', path, { ...wanted, appRoleId: principalId })).status).toBe(400);
    const held = await graph('GET', path);
    expect(at(held.body, 'value')).toMatchObject([{ ...wanted, resourceDisplayName: 'Microsoft Graph' }]);
    expect((await graph('DELETE', `${path}/${stringAt(held.body, 'value', 0, 'id')}`)).status).toBe(204);
    expect(at((await graph('GET', path)).body, 'value')).toEqual([]);
  });
});
