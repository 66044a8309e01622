import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import type { Application } from '../../emulator/entra/objects.ts';
import { at } from '../../emulator/lib/json.ts';
import { withEmulator } from './clients/emulator.ts';
import { addDeployer, idToken, requestToken, withAssertion } from './clients/entra.ts';
import { graphClient } from './clients/graph.ts';
import { stringAt } from './clients/json.ts';

let emulator: Emulator;
let application: Application;
withEmulator((started) => {
  emulator = started;
  application = addDeployer(emulator, 'Application.ReadWrite.OwnedBy').application;
});

const minute = 60_000;
const codes = (reply: { body: Parameters<typeof at>[0] }) => at(reply.body, 'error_codes', 0);

describe('an ID token of GitHub', () => {
  it('the deployer signs in with an ID token of GitHub', async () => {
    const reply = await withAssertion(emulator, application.appId);
    expect(reply).toMatchObject({ status: 200, body: { token_type: 'Bearer', expires_in: 3599 } });
    const claims = JSON.parse(
      Buffer.from(stringAt(reply.body, 'access_token').split('.')[1] ?? '', 'base64url').toString(),
    );
    expect(claims).toMatchObject({
      aud: 'https://graph.microsoft.com',
      iss: `https://sts.windows.net/${emulator.directory.tenant.id}/`,
      roles: ['Application.ReadWrite.OwnedBy'],
    });
  });

  it('a job without id-token permission gets no ID token', async () => {
    emulator.workflow.idTokenPermission = 'none';
    expect(emulator.environment()).not.toHaveProperty('ACTIONS_ID_TOKEN_REQUEST_URL');
  });

  it('is refused after five minutes', async () => {
    const assertion = await idToken(emulator);
    emulator.clock.advance(5 * minute);
    expect(codes(await withAssertion(emulator, application.appId, { client_assertion: assertion }))).toBe(700024);
  });

  it('the error for an ID token names the claim that no federated credential matches', async () => {
    emulator.workflow.environment = 'production';
    const bySubject = await withAssertion(emulator, application.appId);
    expect(codes(bySubject)).toBe(700213);
    expect(stringAt(bySubject.body, 'error_description')).toContain("'repo:contoso/platform:environment:production'");
    emulator.workflow.subject = 'repo:Contoso/Platform:ref:refs/heads/main';
    expect(codes(await withAssertion(emulator, application.appId))).toBe(7002138);
    delete emulator.workflow.environment;
    delete emulator.workflow.subject;
    const assertion = await idToken(emulator, 'https://github.com/contoso');
    expect(codes(await withAssertion(emulator, application.appId, { client_assertion: assertion }))).toBe(700212);
    const forged = application.federatedIdentityCredentials.map((entry) => ({ ...entry, issuer: 'https://elsewhere' }));
    application.federatedIdentityCredentials = forged;
    expect(codes(await withAssertion(emulator, application.appId))).toBe(700211);
    application.federatedIdentityCredentials = [];
    expect(codes(await withAssertion(emulator, application.appId))).toBe(70025);
  });

  it('an ID token with a forged signature is refused', async () => {
    const [header, payload] = (await idToken(emulator)).split('.');
    const forged = `${header}.${payload}.${Buffer.alloc(256).toString('base64url')}`;
    expect(codes(await withAssertion(emulator, application.appId, { client_assertion: forged }))).toBe(50013);
  });
});

describe('the token endpoint', () => {
  it('reports which part of a request is unknown', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000';
    expect(codes(await withAssertion(emulator, unknown))).toBe(700016);
    expect(codes(await requestToken(emulator, { client_id: application.appId, scope: 'x' }, unknown))).toBe(90002);
    expect(codes(await withAssertion(emulator, application.appId, { scope: 'https://nowhere/.default' }))).toBe(500011);
    expect(codes(await withAssertion(emulator, application.appId, { scope: 'https://graph.microsoft.com' }))).toBe(
      1002012,
    );
    const orphan = emulator.directory.addApplication({
      displayName: 'orphan',
      federatedIdentityCredentials: application.federatedIdentityCredentials,
    });
    expect(codes(await withAssertion(emulator, orphan.appId))).toBe(7000229);
  });

  it('issues no token for AKS if its service principal is missing', async () => {
    const aks = '6dae42f8-4368-4678-94ff-3960e28e3630';
    expect(await withAssertion(emulator, application.appId, { scope: `${aks}/.default` })).toMatchObject({
      status: 200,
    });
    const principal = emulator.directory.servicePrincipal(aks);
    if (principal) emulator.directory.deleteServicePrincipal(principal);
    expect(codes(await withAssertion(emulator, application.appId, { scope: `${aks}/.default` }))).toBe(500011);
  });
});

describe('a client secret', () => {
  const secretOf = async () => {
    const graph = await graphClient(emulator, application.appId);
    application.owners.add(emulator.directory.servicePrincipal(application.appId)?.id ?? '');
    const made = await graph('POST', `/applications/${application.id}/addPassword`, {});
    return { keyId: stringAt(made.body, 'keyId'), secret: stringAt(made.body, 'secretText'), graph };
  };
  const present = (secret: string) =>
    requestToken(emulator, {
      client_id: application.appId,
      client_secret: secret,
      scope: 'https://graph.microsoft.com/.default',
    });

  it('is accepted only after the password lag', async () => {
    emulator.directory.settings.passwordLag = 30_000;
    const { secret } = await secretOf();
    expect(codes(await present(secret))).toBe(7000215);
    emulator.clock.advance(30_000);
    expect((await present(secret)).status).toBe(200);
  });

  it('is refused after its expiry and after its removal', async () => {
    const { secret, keyId, graph } = await secretOf();
    expect(codes(await present(`${secret}x`))).toBe(7000215);
    expect((await graph('POST', `/applications/${application.id}/removePassword`, { keyId })).status).toBe(204);
    expect(codes(await present(secret))).toBe(7000215);
    const other = await secretOf();
    emulator.clock.advance(731 * 24 * 60 * minute);
    expect(codes(await present(other.secret))).toBe(7000222);
  });
});

describe('an access token', () => {
  const bearer = async () => stringAt((await withAssertion(emulator, application.appId)).body, 'access_token');
  const read = async (token: string) =>
    (
      await emulator.dispatch('https://graph.microsoft.com/v1.0/applications', {
        headers: { Authorization: `Bearer ${token}` },
      })
    ).status;

  it('is valid for an hour, and only for its audience', async () => {
    const token = await bearer();
    expect(await read(token)).toBe(200);
    emulator.clock.advance(60 * minute);
    expect(await read(token)).toBe(401);
    const arm = await withAssertion(emulator, application.appId, { scope: 'https://management.azure.com/.default' });
    expect(await read(stringAt(arm.body, 'access_token'))).toBe(401);
  });

  it('lists the groups of its principal', async () => {
    const principal = emulator.directory.servicePrincipal(application.appId)?.id ?? '';
    const inner = emulator.directory.addGroup({ displayName: 'deployers', members: [principal] });
    const outer = emulator.directory.addGroup({ displayName: 'everybody', members: [inner.id] });
    const claims = Buffer.from((await bearer()).split('.')[1] ?? '', 'base64url').toString();
    expect(JSON.parse(claims)).toMatchObject({ groups: [inner.id, outer.id] });
  });
});
