import { describe, expect, it } from 'vitest';
import type { User } from '../../emulator/entra/objects.ts';
import type { Dispatch } from '../../emulator/server/dispatch.ts';
import { responseOf } from '../../emulator/server/pipeline.ts';
import { type Browser, createBrowser } from '../emulator/clients/browser.ts';
import { type AtEnd, createScenario, type Scenario, withEntra } from './scenario.ts';
import { shared } from './shared.ts';

const HEADLAMP = 'http://localhost:8000';
const NAMESPACES = `${HEADLAMP}/clusters/main/api/v1/namespaces`;
const HOUR = 60 * 60 * 1000;

/** Where the browser's requests go: to Headlamp's pod at its URL, and into the emulator otherwise. */
function network({ cluster, emulator }: Scenario): Dispatch {
  return async (target, init = {}) => {
    const url = new URL(target);
    if (url.origin !== HEADLAMP) return emulator.dispatch(url, init);
    const [headlamp] = cluster.headlamps();
    if (headlamp === undefined) throw new TypeError('connect ECONNREFUSED 127.0.0.1:8000');
    const { method = 'GET', headers = {}, body = '' } = init;
    const request = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.from(body) };
    return responseOf(await headlamp.answer(request), () => {});
  };
}

async function signIn(scenario: Scenario, person: User): Promise<Browser> {
  const browser = createBrowser(network(scenario));
  const page = await browser.open(`${HEADLAMP}/oidc?cluster=main`);
  const end = await page.submit({ username: person.userPrincipalName, password: person.password });
  expect(end.url.href).toBe(`${HEADLAMP}/auth?cluster=main`);
  return browser;
}

async function createWithPeople(atEnd: AtEnd) {
  const scenario = await createScenario({ cluster: withEntra() }, atEnd);
  const { directory } = scenario.emulator;
  const developer = directory.addUser({ displayName: 'Ada Jones' });
  const visitor = directory.addUser({ displayName: 'Ben Cole' });
  scenario.groups.developers.members.add(developer.id);
  const access = `view:\n  - ${scenario.groups.developers.id}`;
  expect((await scenario.run({ access })).error).toBe('');
  return { scenario, developer, visitor };
}

describe('after a deployment', () => {
  const people = shared(createWithPeople);

  it('people sign in without being asked for consent, and see what their groups may see', async () => {
    const { scenario, developer, visitor } = people();
    expect(await (await signIn(scenario, developer)).open(NAMESPACES)).toMatchObject({ status: 200 });
    expect(await (await signIn(scenario, visitor)).open(NAMESPACES)).toMatchObject({ status: 403 });
  });

  it('people stay signed in when their access token expires, if their page asks for something in its last seconds', async () => {
    const { scenario, developer } = people();
    const { clock, directory } = scenario.emulator;
    const browser = await signIn(scenario, developer);
    clock.advance((directory.settings.accessTokenSeconds - 5) * 1000);
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 200 });
    clock.advance(HOUR / 2);
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 200 });
  });

  it('when their access token expires unseen, one request of people is refused', async () => {
    const { scenario, developer } = people();
    const browser = await signIn(scenario, developer);
    scenario.emulator.clock.advance(2 * HOUR);
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 401 });
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 200 });
  });

  it('after a rotation, people stay signed in until their access token expires, and sign in with the new secret', async () => {
    const { scenario, developer } = people();
    const { clock, directory } = scenario.emulator;
    const browser = await signIn(scenario, developer);
    expect((await scenario.run({ mode: 'rotate', rotate: 'force' })).error).toBe('');
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 200 });
    clock.advance(directory.settings.accessTokenSeconds * 1000);
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 401 });
    expect(await browser.open(NAMESPACES)).toMatchObject({ status: 401 });
    expect(await (await signIn(scenario, developer)).open(NAMESPACES)).toMatchObject({ status: 200 });
  });
});
