import { beforeAll, describe, it } from 'vitest';
import { stringAt } from '../emulator/clients/json.ts';
import { type Asking, createAsking, expectAs } from './world.ts';

const SERVICE = '00000000-0000-4000-8000-000000000009';
const ISSUER = 'https://token.actions.githubusercontent.com';
const CREDENTIAL = { name: 'Testing', issuer: ISSUER, subject: 'repo:octo/octo:ref:refs/heads/main', description: 'x' };
const PASSWORD = { passwordCredential: { displayName: 'rbac', endDateTime: '2099-01-01T00:00:00Z' } };
const query = (filter: string) => `?$filter=${encodeURIComponent(filter)}`;

/** New in 2025, and nothing reads it. */
const TODAY = { lacks: /nativeAuthenticationApisEnabled$/ };

/** Microsoft Graph: registrations, service principals, consent. */
export function graph(): void {
  let asking: Asking;
  let ask: Asking['graph'];
  beforeAll(async () => {
    asking = await createAsking();
    ask = asking.graph;
  });

  async function application(displayName: string, more = {}) {
    const answer = await ask('POST', '/applications', { displayName, ...more });
    const id = stringAt(answer.body, 'id');
    return { answer, id, path: `/applications/${id}`, appId: stringAt(answer.body, 'appId') };
  }

  describe('Microsoft Graph answers as recorded', () => {
    it('an application is created, found, changed and deleted', async () => {
      const { answer, id, path, appId } = await application('web', { serviceManagementReference: SERVICE });
      expectAs('graph: application: create', answer, TODAY);
      await ask('POST', `${path}/addPassword`, PASSWORD);
      expectAs('graph: application: read by id', await ask('GET', path), TODAY);
      const byAppId = await ask('GET', `/applications${query(`appId eq '${appId}'`)}`);
      expectAs('graph: application: read by filter appId', byAppId, TODAY);
      const nothing = await ask('GET', `/applications${query("startswith(displayName,'nothing')")}`);
      expectAs('graph: application: filter without a hit', nothing);
      expectAs('graph: application: update', await ask('PATCH', path, { requiredResourceAccess: [] }));
      expectAs('graph: application: delete', await ask('DELETE', path));
      expectAs('graph: deleted item: restore', await ask('POST', `/directory/deletedItems/${id}/restore`));
      await ask('DELETE', path);
      expectAs('graph: deleted item: delete for good', await ask('DELETE', `/directory/deletedItems/${id}`));
    });

    it('an upsert creates, changes, or is refused without Prefer', async () => {
      const prefer = { Prefer: 'create-if-missing' };
      const upsert = (headers = {}) =>
        ask('PATCH', "/applications(uniqueName='app-65278')", { displayName: 'a' }, headers);
      expectAs('graph: application: upsert without Prefer, missing', await upsert());
      expectAs('graph: application: upsert, created', await upsert(prefer));
      expectAs('graph: application: upsert, existed', await upsert(prefer));
    });

    it('a client secret is added, shown once, and removed', async () => {
      const { path } = await application('secrets');
      const added = await ask('POST', `${path}/addPassword`, PASSWORD);
      expectAs('graph: addPassword', added);
      const keyId = stringAt(added.body, 'keyId');
      expectAs('graph: removePassword', await ask('POST', `${path}/removePassword`, { keyId }));
    });

    it('a service principal is created once, and found', async () => {
      const { appId } = await application('principal');
      expectAs('graph: service principal: create', await ask('POST', '/servicePrincipals', { appId }));
      expectAs('graph: service principal already there', await ask('POST', '/servicePrincipals', { appId }));
      const named = (name: string) =>
        ask('GET', `/servicePrincipals${query(`servicePrincipalNames/any(c:c eq '${name}')`)}`);
      expectAs('graph: service principal: read by servicePrincipalNames', await named(appId));
      expectAs('graph: service principal: filter without a hit', await named('none'));
    });

    it('consent is one grant with an id made of the ids in it', async () => {
      const { appId } = await application('consent');
      const client = await ask('POST', '/servicePrincipals', { appId });
      const clientId = stringAt(client.body, 'id');
      const resource = asking.emulator.directory.servicePrincipal('00000003-0000-0000-c000-000000000000');
      const wanted = { clientId, resourceId: resource?.id ?? '', consentType: 'AllPrincipals', scope: 'openid' };
      const made = await ask('POST', '/oauth2PermissionGrants', wanted);
      expectAs('graph: grants: create', made);
      expectAs('graph: grants: already there', await ask('POST', '/oauth2PermissionGrants', wanted));
      const listed = await ask('GET', `/oauth2PermissionGrants${query(`clientId eq '${clientId}'`)}`);
      expectAs('graph: grants: list by clientId', listed);
      const { id: principalId } = asking.emulator.directory.addUser({ displayName: 'Ada' });
      const one = await ask('POST', '/oauth2PermissionGrants', { ...wanted, consentType: 'Principal', principalId });
      expectAs('graph: grants: one principal', one);
      const path = `/oauth2PermissionGrants/${stringAt(made.body, 'id')}`;
      expectAs('graph: grants: update', await ask('PATCH', path, { scope: 'openid profile' }));
      expectAs('graph: grants: delete', await ask('DELETE', path));
    });

    it('federated credentials are created, read by name, changed, and listed', async () => {
      const { path } = await application('federated');
      const credentials = `${path}/federatedIdentityCredentials`;
      expectAs('graph: federated credential: list, empty', await ask('GET', credentials));
      const created = await ask('POST', credentials, { ...CREDENTIAL, audiences: ['api://AzureADTokenExchange'] });
      expectAs('graph: federated credential: create', created);
      expectAs('graph: federated credential: read by NAME', await ask('GET', `${credentials}/Testing`));
      const one = `${credentials}/${stringAt(created.body, 'id')}`;
      expectAs(
        'graph: federated credential: update',
        await ask('PATCH', one, { subject: 'repo:octo/octo:environment:a' }),
      );
    });

    it("the tenant's policy of applications is read", async () => {
      Object.assign(asking.emulator.directory.policy, { maximumPasswordLifetime: 180 });
      const policy = await ask('GET', '/policies/defaultAppManagementPolicy');
      expectAs('graph: default app management policy', policy, { more: /RestrictionS?s?\.passwordCredentials\[\]/i });
    });
  });

  describe('Microsoft Graph refuses as recorded', () => {
    it('what is taken, what a policy forbids, and queries it does not support', async () => {
      const { path } = await application('taken', { identifierUris: ['api://taken-by-conformance'] });
      const again = await ask('POST', '/applications', {
        displayName: 'b',
        identifierUris: ['api://taken-by-conformance'],
      });
      expectAs('graph: taken: identifierUris', again);
      await ask('PATCH', "/applications(uniqueName='web')", { displayName: 'a' }, { Prefer: 'create-if-missing' });
      expectAs('graph: taken: uniqueName', await ask('POST', '/applications', { displayName: 'c', uniqueName: 'web' }));
      expectAs('graph: app policy: lifetime', await ask('POST', `${path}/addPassword`, PASSWORD));
      const { policy } = asking.emulator.directory;
      Object.assign(policy, { passwordAddition: 'blocked' });
      expectAs('graph: app policy: passwords not allowed', await ask('POST', `${path}/addPassword`, PASSWORD));
      Object.assign(policy, { passwordAddition: 'allowed' });
      const search = await ask('GET', '/applications?$search="displayName:Browser"');
      expectAs('graph: search without ConsistencyLevel', search);
    });

    it('colliding writes, by turns with 409 and 503', async () => {
      const { settings } = asking.emulator.directory;
      const { path } = await application('busy');
      settings.collisionWindow = 1_000;
      const collide = () => ask('POST', `${path}/addPassword`, {});
      expectAs('graph: concurrent writes, 409', await collide());
      await collide();
      expectAs('graph: concurrent writes, 503', await collide());
      settings.collisionWindow = 0;
    });

    it('what is not replicated yet', async () => {
      const { settings } = asking.emulator.directory;
      settings.replicationLag = 60_000;
      const { path, appId } = await application('new');
      expectAs('graph: replication: read or update of a new object', await ask('PATCH', path, { notes: 'a' }));
      const refused = [
        await ask('POST', '/servicePrincipals', { appId }),
        await ask('POST', '/servicePrincipals', { appId }),
      ];
      for (const answer of refused)
        expectAs(`graph: replication: service principal of a new application, ${answer.status}`, answer);
      settings.replicationLag = 0;
      const { appId: other } = await application('granted');
      asking.emulator.clock.advance(60_000);
      settings.replicationLag = 60_000;
      const principal = await ask('POST', '/servicePrincipals', { appId: other });
      const clientId = stringAt(principal.body, 'id');
      const resource = asking.emulator.directory.servicePrincipal('00000003-0000-0000-c000-000000000000');
      const wanted = { clientId, resourceId: resource?.id ?? '', consentType: 'AllPrincipals', scope: 'openid' };
      const early = [
        await ask('POST', '/oauth2PermissionGrants', wanted),
        await ask('POST', '/oauth2PermissionGrants', wanted),
      ];
      const [unlike] = early.filter(({ status }) => status === 400);
      expectAs(
        'graph: replication: grant for a new service principal',
        unlike ?? { status: null, headers: {}, body: null },
      );
      settings.replicationLag = 0;
      settings.grantsRefusedThoughWritten = true;
      const written = await ask('POST', '/oauth2PermissionGrants', wanted);
      expectAs('graph: replication: grant written although refused', written);
      settings.listLag = 60_000;
      const { path: lagging } = await application('lagging');
      const { body } = await ask('POST', `${lagging}/addPassword`, {
        passwordCredential: { displayName: 'a', endDateTime: SOON() },
      });
      const removed = await ask('POST', `${lagging}/removePassword`, { keyId: stringAt(body, 'keyId') });
      expectAs('graph: replication: removePassword right after addPassword', removed);
      settings.listLag = 0;
    });

    it('a caller without the permission', async () => {
      await asking.signInWith(['AppRoleAssignment.ReadWrite.All']);
      expectAs('graph: insufficient privileges on a list', await ask('GET', '/applications'));
    });
  });
}

const SOON = () => new Date(Date.now() + 86_400_000).toISOString();
