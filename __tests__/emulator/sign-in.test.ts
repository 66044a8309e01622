import { createHash, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import type { Application, Group, ServicePrincipal, User } from '../../emulator/entra/objects.ts';
import { text } from '../../emulator/lib/json.ts';
import { type Browser, createBrowser, type Page } from './clients/browser.ts';
import { withEmulator } from './clients/emulator.ts';
import { passwordOf } from './clients/password.ts';

const AKS = '6dae42f8-4368-4678-94ff-3960e28e3630';
const CALLBACK = 'http://localhost:8000/oidc-callback';
const SCOPE = `openid ${AKS}/user.read email profile offline_access`;

let emulator: Emulator;
let application: Application;
let principal: ServicePrincipal;
let person: User;
let group: Group;
withEmulator((started) => {
  emulator = started;
  application = emulator.directory.addApplication({
    displayName: 'headlamp',
    properties: { web: { redirectUris: [CALLBACK] } },
  });
  principal = emulator.directory.addServicePrincipal(application);
  application.passwordCredentials = [passwordOf('secret of headlamp')];
  person = emulator.directory.addUser({ displayName: 'Ada Jones', password: 'correct horse' });
  group = emulator.directory.addGroup({ displayName: 'Developers', members: [person.id] });
});

/** Adds an administrator's consent for the whole tenant. */
function consent(): void {
  for (const [appId, scope] of [
    [AKS, 'user.read'],
    ['00000003-0000-0000-c000-000000000000', 'openid profile email offline_access'],
  ] as const) {
    const resourceId = emulator.directory.servicePrincipal(appId)?.id ?? '';
    const grant = { id: appId, clientId: principal.id, principalId: null, resourceId, scope };
    emulator.directory.oauth2PermissionGrants.set(appId, { ...grant, consentType: 'AllPrincipals' });
  }
}

const host = () => `https://login.microsoftonline.com/${emulator.directory.tenant.id}`;

function authorize(
  parameters: Readonly<Record<string, string>> = {},
  tenant = host(),
  browser = createBrowser(emulator.dispatch),
): Promise<Page> {
  const usual = { client_id: application.appId, response_type: 'code', redirect_uri: CALLBACK, scope: SCOPE };
  const query = new URLSearchParams({ ...usual, state: 'a state', ...parameters });
  return browser.open(`${tenant}/oauth2/v2.0/authorize?${query}`);
}

async function codeOf(parameters: Readonly<Record<string, string>> = {}, browser?: Browser): Promise<string> {
  const page = await authorize(parameters, host(), browser);
  const end = await page.submit({ username: person.userPrincipalName, password: person.password });
  expect(end.url.href).toMatch(/^http:\/\/localhost:8000\/oidc-callback\?code=.+&state=a\+state/);
  return end.url.searchParams.get('code') ?? '';
}

async function redeem(form: Readonly<Record<string, string>>, secret = 'secret of headlamp') {
  const client = Buffer.from(`${application.appId}:${encodeURIComponent(secret)}`).toString('base64');
  const response = await emulator.dispatch(`${host()}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${client}`, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  return { status: response.status, body: await response.json() };
}

const redeemCode = (code: string, more: Readonly<Record<string, string>> = {}, secret?: string) =>
  redeem({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...more }, secret);

const refresh = (refreshToken: string, more: Readonly<Record<string, string>> = {}) =>
  redeem({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more });

describe('a person who signs in', () => {
  beforeEach(consent);

  it('a sign-in returns an ID token for the application and an access token with groups for the API', async () => {
    const { status, body } = await redeemCode(await codeOf());
    expect([status, text(body, 'token_type')]).toEqual([200, 'Bearer']);
    expect(decodeJwt(text(body, 'id_token') ?? '')).toMatchObject({
      iss: `${host()}/v2.0`,
      aud: application.appId,
      oid: person.id,
      tid: emulator.directory.tenant.id,
      preferred_username: 'ada.jones@contoso.onmicrosoft.com',
      ver: '2.0',
    });
    expect(decodeJwt(text(body, 'access_token') ?? '')).toMatchObject({
      iss: `https://sts.windows.net/${emulator.directory.tenant.id}/`,
      aud: AKS,
      appid: application.appId,
      oid: person.id,
      groups: [group.id],
      scp: 'user.read',
      ver: '1.0',
    });
  });

  it('a sign-in returns a refresh token only with the scope offline_access', async () => {
    const { body } = await redeemCode(await codeOf());
    const refreshToken = text(body, 'refresh_token') ?? '';
    const refreshed = await refresh(refreshToken);
    expect(decodeJwt(text(refreshed.body, 'access_token') ?? '')).toMatchObject({ aud: AKS, oid: person.id });
    expect(text(refreshed.body, 'id_token')).toBeDefined();
    const without = await redeemCode(await codeOf({ scope: `openid ${AKS}/user.read` }));
    expect(without.body).not.toHaveProperty('refresh_token');
  });

  it('a refresh returns a new refresh token, and the old one can still be used', async () => {
    // https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-lifetime
    const first = text((await redeemCode(await codeOf())).body, 'refresh_token') ?? '';
    const next = text((await refresh(first)).body, 'refresh_token') ?? '';
    expect(next).not.toBe(first);
    expect([(await refresh(first)).status, (await refresh(next)).status]).toEqual([200, 200]);
  });

  it('a refresh token outlives the next sign-in in the same browser', async () => {
    // It belongs to a person and a client, not to the session of a browser, and signing out leaves it valid:
    // https://learn.microsoft.com/entra/identity-platform/refresh-tokens#token-revocation
    const browser = createBrowser(emulator.dispatch);
    const code = await codeOf({}, browser);
    const refreshToken = text((await redeemCode(code)).body, 'refresh_token') ?? '';
    expect((await authorize({}, host(), browser)).url.searchParams.get('code')).not.toBe(code);
    expect((await refresh(refreshToken)).status).toBe(200);
  });

  it('a refresh takes the scopes of the sign-in, named again or not at all', async () => {
    // https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#refresh-the-access-token; without
    // them: https://github.com/MicrosoftDocs/azure-docs/pull/67408
    const refreshToken = text((await redeemCode(await codeOf())).body, 'refresh_token') ?? '';
    for (const named of [{}, { scope: SCOPE }]) {
      const { body } = await refresh(refreshToken, named);
      expect(decodeJwt(text(body, 'access_token') ?? '')).toMatchObject({ aud: AKS, scp: 'user.read' });
      expect(text(body, 'refresh_token')).toBeDefined();
    }
  });

  it('the sign-in page reports a wrong name or password', async () => {
    const page = await authorize();
    const wrong = await page.submit({ username: person.userPrincipalName, password: 'guess' });
    expect(wrong.text).toContain('AADSTS50126');
    const unknown = await wrong.submit({ username: 'eve@elsewhere.com', password: 'guess' });
    expect(unknown.text).toContain('AADSTS50034');
    const end = await unknown.submit({ username: person.userPrincipalName, password: person.password });
    expect(end.url.searchParams.has('code')).toBe(true);
  });
});

describe('consent', () => {
  it('a person is asked for consent once, if an administrator has not consented', async () => {
    const page = await authorize();
    const asked = await page.submit({ username: person.userPrincipalName, password: person.password });
    expect(asked.text).toContain('Permissions requested');
    expect(asked.text).toContain('<li>user.read</li>');
    const end = await asked.submit({ decision: 'accept' });
    expect((await redeemCode(end.url.searchParams.get('code') ?? '')).status).toBe(200);
    await codeOf();
  });

  it('a person can deny consent', async () => {
    const page = await authorize();
    const asked = await page.submit({ username: person.userPrincipalName, password: person.password });
    const end = await asked.submit({ decision: 'cancel' });
    expect(end.url.searchParams.get('error')).toBe('access_denied');
  });

  it('counts only for the permissions in it', async () => {
    consent();
    emulator.directory.oauth2PermissionGrants.delete(AKS);
    const page = await authorize();
    const asked = await page.submit({ username: person.userPrincipalName, password: person.password });
    expect(asked.text).toContain('Permissions requested');
  });
});

describe('the authorize page', () => {
  it.each([
    ['another redirect URI', { redirect_uri: `${CALLBACK}/` }, 'AADSTS50011'],
    ['an unknown application', { client_id: '00000000-0000-4000-8000-000000000000' }, 'AADSTS700016'],
    ['no scope', { scope: '' }, 'AADSTS900144'],
    ['a permission that the API does not have', { scope: `openid ${AKS}/everything` }, 'AADSTS650053'],
    ['two APIs at once', { scope: `openid ${AKS}/user.read User.Read` }, 'AADSTS28000'],
    ['an API that the tenant does not have', { scope: 'openid api://nowhere/read' }, 'AADSTS500011'],
  ])('the authorize page refuses %s', async (_, parameters, code) => {
    const page = await authorize(parameters);
    expect([page.status, page.text]).toEqual([400, expect.stringContaining(code)]);
  });

  it('the multi-tenant authorize page refuses a single-tenant application', async () => {
    const page = await authorize({}, 'https://login.microsoftonline.com/organizations');
    expect(page.text).toContain('AADSTS50194');
  });
});

describe('a code', () => {
  beforeEach(consent);
  const codes = (reply: { body: Parameters<typeof text>[0] }) =>
    /^AADSTS\d+/.exec(text(reply.body, 'error_description') ?? '')?.[0];

  it('redeeming a code requires the client secret', async () => {
    const code = await codeOf();
    expect(codes(await redeemCode(code, {}, 'a guess'))).toBe('AADSTS7000215');
    expect((await redeemCode(code)).status).toBe(200);
  });

  it('can be redeemed with each of the secrets of the registration', async () => {
    application.passwordCredentials = [passwordOf('the next secret'), passwordOf('secret of headlamp')];
    expect((await redeemCode(await codeOf(), {}, 'the next secret')).status).toBe(200);
    expect((await redeemCode(await codeOf())).status).toBe(200);
  });

  it('can be redeemed once, and only with its redirect URI', async () => {
    const code = await codeOf();
    expect((await redeemCode(code)).status).toBe(200);
    expect(codes(await redeemCode(code))).toBe('AADSTS70000');
    expect(codes(await redeemCode(await codeOf(), { redirect_uri: 'http://localhost:8000/' }))).toBe('AADSTS70000');
  });

  it('requested with a PKCE challenge requires the verifier', async () => {
    const verifier = randomBytes(32).toString('base64url');
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const withChallenge = () => codeOf({ code_challenge: challenge, code_challenge_method: 'S256' });
    expect((await redeemCode(await withChallenge(), { code_verifier: verifier })).status).toBe(200);
    expect(codes(await redeemCode(await withChallenge()))).toBe('AADSTS70000');
  });
});
