import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../emulator/emulator.ts';
import { tokenOf } from '../../emulator/headlamp/cookies.ts';
import { createHeadlampServer, type HeadlampServer } from '../../emulator/headlamp/server.ts';
import type { Answer } from '../../emulator/server/exchange.ts';
import { createBrowser } from './clients/browser.ts';
import { withEmulator } from './clients/emulator.ts';
import { passwordOf } from './clients/password.ts';

const API_SERVER = 'https://api-server.test';
const SECRET = 'secret of headlamp';
const SCOPES = '6dae42f8-4368-4678-94ff-3960e28e3630/user.read,email,profile,offline_access';

let emulator: Emulator;
/** Milliseconds by which the pod's time is ahead. */
let ahead: number;
/** The tokens that the API server got. */
let received: string[];
withEmulator((started) => {
  [emulator, ahead, received] = [started, 0, []];
});

/** A pod, and a person who has signed in to it. */
async function signIn(base = ''): Promise<{ server: HeadlampServer; token: string }> {
  const { directory } = emulator;
  const properties = { web: { redirectUris: [`http://localhost:8000${base}/oidc-callback`] } };
  const application = directory.addApplication({ displayName: 'headlamp', properties });
  application.passwordCredentials = [passwordOf(SECRET)];
  directory.addServicePrincipal(application);
  const person = directory.addUser({ displayName: 'Ada Jones' });
  const issuer = `https://login.microsoftonline.com/${directory.tenant.id}/v2.0`;
  const server = createHeadlampServer(
    [
      '-in-cluster',
      `-base-url=${base}`,
      `-oidc-client-id=${application.appId}`,
      `-oidc-client-secret=${SECRET}`,
      `-oidc-idp-issuer-url=${issuer}`,
      `-oidc-scopes=${SCOPES}`,
      '-oidc-validator-client-id=6dae42f8-4368-4678-94ff-3960e28e3630',
      `-oidc-validator-idp-issuer-url=https://sts.windows.net/${directory.tenant.id}/`,
      '-oidc-use-access-token',
    ],
    {
      apiServer: API_SERVER,
      now: () => Date.now() + ahead,
      dispatch: async (url, init) => {
        if (!String(url).startsWith(API_SERVER)) return emulator.dispatch(url, init);
        received.push(init?.headers?.['authorization'] ?? '');
        return { status: 200, headers: {}, cookies: [], text: async () => '{}', json: async () => ({}) };
      },
    },
  );
  const start = await ask(server, `${base}/oidc?cluster=main`);
  const page = await createBrowser(emulator.dispatch).open(start.headers?.['location'] ?? '');
  const consent = await page.submit({ username: person.userPrincipalName, password: person.password });
  const { url } = await consent.submit({ decision: 'accept' });
  const end = await ask(server, url.pathname + url.search);
  return { server, token: tokenIn(end) ?? '' };
}

function ask(server: HeadlampServer, target: string, token?: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(target, 'http://localhost:8000');
  const cookie = token === undefined ? '' : `headlamp-auth-main.0=${token}`;
  const headers = { host: 'localhost:8000', cookie };
  return server.answer({ method: 'GET', path: pathname, query: searchParams, headers, body: Buffer.alloc(0) });
}

const tokenIn = ({ cookies = [] }: Answer) =>
  tokenOf('main', cookies.map((cookie) => cookie.split(';')[0] ?? '').join('; '));

// As in backend/pkg/auth of Headlamp 0.45: IsTokenAboutToExpire, RefreshAndSetToken, CacheRefreshedToken and
// shouldSkipOIDCRefresh.
describe('a token in Headlamp', () => {
  it('a token that is valid for longer is not refreshed', async () => {
    const { server, token } = await signIn();
    expect(tokenIn(await ask(server, '/clusters/main/version', token))).toBeUndefined();
  });

  it('a request in the last ten seconds of a token goes with that token, and its answer has the next one', async () => {
    emulator.directory.settings.accessTokenSeconds = 8;
    const { server, token } = await signIn();
    const next = tokenIn(await ask(server, '/clusters/main/version', token));
    expect(next).toMatch(/^eyJ/);
    expect(next).not.toBe(token);
    await ask(server, '/clusters/main/version', next);
    expect(received).toEqual([`Bearer ${token}`, `Bearer ${next}`]);
  });

  it('for ten seconds more, a request with the old token gets a new one', async () => {
    emulator.directory.settings.accessTokenSeconds = 8;
    const { server, token } = await signIn();
    const answered = async () => tokenIn(await ask(server, '/clusters/main/version', token)) !== undefined;
    expect([await answered(), await answered()]).toEqual([true, true]);
    ahead = 11_000;
    expect(await answered()).toBe(false);
  });

  it('below a path, no token is refreshed', async () => {
    emulator.directory.settings.accessTokenSeconds = 8;
    const { server, token } = await signIn('/headlamp');
    expect(tokenIn(await ask(server, '/headlamp/clusters/main/version', token))).toBeUndefined();
    expect(received).toEqual([`Bearer ${token}`]);
  });
});
