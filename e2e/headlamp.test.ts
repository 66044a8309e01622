import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list, object, strings, text } from '../emulator/lib/json.ts';
import type { StepResult } from '../emulator/runner/runner.ts';
import { openAs, type Person } from './browser/browser.ts';
import { recordPage, recordSummary } from './browser/screenshots.ts';
import { watch } from './browser/watch.ts';
import { isReady } from './cluster/pods.ts';
import type { RealWorld } from './cluster/real-world.ts';
import { leavePending } from './cluster/release.ts';
import { type Stage, setStage, URL_OF_HEADLAMP } from './stage.ts';

const DEPLOYMENT = '/apis/apps/v1/namespaces/headlamp/deployments/headlamp-oidc';
const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

/** The stand-in has none. */
const hasOwnPages = ['HEADLAMP_SERVER', 'KUBECONFIG'].some((name) => process.env[name]);

let stage: Stage;
let real: RealWorld;

beforeAll(async () => {
  stage = await setStage();
  ({ real } = stage);
});

afterAll(() => stage?.close());

/** @param values are added to the values for the cluster */
function run({ values = '', ...inputs }: Readonly<Record<string, string>> = {}): Promise<StepResult> {
  const access = `view:\n  - ${real.world.groups.developers.id}`;
  return stage.run({ access, ...inputs, values: `${real.inputs['values'] ?? ''}\n${values}` });
}

const read = async (path: string) => (await real.api.get(path)).body;
const bindings = async () => list(await read(`${BINDINGS}?labelSelector=app.kubernetes.io/managed-by`), 'items');
const pods = async () =>
  list(await read('/api/v1/namespaces/headlamp/pods'), 'items').map((pod) => text(pod, 'metadata', 'name') ?? '');
/** What helm says of the release. */
async function release(): Promise<unknown> {
  const { stdout } = await stage.clients.run('helm', ...'status headlamp-oidc --namespace headlamp -o json'.split(' '));
  return JSON.parse(stdout);
}

describe('the first run', () => {
  it('deploys to a real API server with the real helm, and verifies the sign-in through it', async () => {
    const result = await run();
    expect([result.error, result.exitCode]).toEqual(['', 0]);
    expect(result.outputs).toMatchObject({ 'release-revision': '1', changed: 'true' });
    expect(result.summary).toContain('Headlamp redirects to Entra as expected');
    await recordSummary(stage.browser, result.summary);
  });

  it('creates the Secret with the settings of the sign-in', async () => {
    const secret = await read('/api/v1/namespaces/headlamp/secrets/headlamp-oidc-entra');
    expect(Object.keys(object(secret, 'data')).sort()).toEqual([
      'OIDC_CALLBACK_URL',
      'OIDC_CLIENT_ID',
      'OIDC_CLIENT_SECRET',
      'OIDC_ISSUER_URL',
      'OIDC_SCOPES',
      'OIDC_USE_ACCESS_TOKEN',
      'OIDC_USE_PKCE',
      'OIDC_VALIDATOR_CLIENT_ID',
      'OIDC_VALIDATOR_ISSUER_URL',
    ]);
  });

  it('creates a Helm release whose Deployment is available', async () => {
    expect(await release()).toMatchObject({ version: 1, info: { status: 'deployed' } });
    const conditions = list(await read(DEPLOYMENT), 'status', 'conditions');
    const available = conditions.find((condition) => text(condition, 'type') === 'Available');
    expect(text(available, 'status')).toBe('True');
  });

  it('binds the group to its role, and nothing to cluster-admin', async () => {
    const made = (await bindings()).map((binding) => [
      text(binding, 'roleRef', 'name'),
      list(binding, 'subjects').map((subject) => text(subject, 'name')),
    ]);
    expect(made).toEqual([['view', [real.world.groups.developers.id]]]);
  });
});

describe('the second run', () => {
  it('a second run changes nothing: no revision, no pod, no object', async () => {
    const before = [await pods(), text(await read(DEPLOYMENT), 'metadata', 'resourceVersion')];
    const result = await run();
    expect(result.outputs).toMatchObject({ changes: '[]', 'release-revision': '1' });
    expect([await pods(), text(await read(DEPLOYMENT), 'metadata', 'resourceVersion')]).toEqual(before);
  });
});

describe('a person of a group with the role view', () => {
  let person: Person;
  beforeAll(async () => {
    person = await stage.signedIn(stage.people.ada);
  });

  it('a person with the role view signs in with the browser and lists namespaces in Headlamp', async () => {
    const { status, body } = await person.ask('GET', '/api/v1/namespaces');
    expect(status).toBe(200);
    expect(list(JSON.parse(body), 'items').map((entry) => text(entry, 'metadata', 'name'))).toContain('headlamp');
    await recordPage(person.page, URL_OF_HEADLAMP);
  });

  it('the API server knows a signed-in person by object ID and groups from Entra', async () => {
    const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
    const { body } = await person.ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', review);
    expect(text(JSON.parse(body), 'status', 'userInfo', 'username')).toBe(stage.people.ada.id);
    expect(strings(JSON.parse(body), 'status', 'userInfo', 'groups')).toContain(real.world.groups.developers.id);
  });

  it('a person with the role view cannot delete a namespace', async () => {
    const { status, body } = await person.ask('DELETE', '/api/v1/namespaces/headlamp');
    expect([status, text(JSON.parse(body), 'reason')]).toEqual([403, 'Forbidden']);
    expect(text(await read('/api/v1/namespaces/headlamp'), 'status', 'phase')).toBe('Active');
  });

  it('a person with the role view cannot read the client secret', async () => {
    expect((await person.ask('GET', '/api/v1/namespaces/headlamp/secrets')).status).toBe(403);
  });
});

describe('a person without a group', () => {
  it('signs in, and cannot list namespaces', async () => {
    const person = await stage.signedIn(stage.people.ben);
    expect((await person.ask('GET', '/version')).status).toBe(200);
    expect((await person.ask('GET', '/api/v1/namespaces')).status).toBe(403);
  });
});

describe('a person who has not signed in', () => {
  it('cannot list namespaces', async () => {
    const { page, ask } = await openAs(stage.browser, stage.people.ben, URL_OF_HEADLAMP);
    await page.goto(URL_OF_HEADLAMP);
    expect([401, 403]).toContain((await ask('GET', '/api/v1/namespaces')).status);
  });
});

describe('a session', () => {
  let usual: number;
  beforeAll(() => {
    const { settings } = real.world.emulator.directory;
    usual = settings.accessTokenSeconds;
    settings.accessTokenSeconds = 20;
  });
  afterAll(() => {
    real.world.emulator.directory.settings.accessTokenSeconds = usual;
  });
  const listed = async (person: Person) => (await person.ask('GET', '/api/v1/namespaces')).status;
  /** The API server caches for ten seconds that it accepted a token. */
  const endOf = (token: string) => (decodeJwt(token).exp ?? 0) * 1000 + 11_000;

  it('continues after its access token expires, by a refresh token, if its page is open', async () => {
    const person = await stage.signedIn(stage.people.ada);
    const first = await person.token();
    const answers: number[] = [];
    while (Date.now() < endOf(first)) {
      answers.push(await listed(person));
      // As often as Headlamp's pages ask how the API server is.
      await sleep(5_000);
    }
    expect(answers).toEqual(answers.map(() => 200));
    expect((await real.apiOfHolder(first).get('/api/v1/namespaces')).status).toBe(401);
    expect(await listed(person)).toBe(200);
    expect(await person.token()).not.toBe(first);
  });

  it('whose page asked nothing while its access token expired continues with the second request', async () => {
    const person = await stage.signedIn(stage.people.ada);
    await sleep(endOf(await person.token()) - Date.now());
    // Headlamp's own page never stops asking, and the API server knows for some seconds whom it has let in.
    const first = hasOwnPages ? expect.toBeOneOf([200, 401]) : 401;
    expect([await listed(person), await listed(person)]).toEqual([first, 200]);
  });
});

describe('a rotation', () => {
  let result: StepResult;
  const unanswered: string[] = [];
  let before: readonly string[];
  beforeAll(async () => {
    before = await pods();
    const stop = new AbortController();
    const watching = watch(URL_OF_HEADLAMP, stop.signal, unanswered);
    result = await run({ mode: 'rotate', rotate: 'force', access: '' });
    stop.abort();
    await watching;
  });

  it('restarts the pods with the new client secret, and makes no revision of the release', async () => {
    expect(result.error).toBe('');
    expect(result.outputs).toMatchObject({ 'secret-rotated': 'true' });
    expect((await pods()).filter((name) => before.includes(name))).toEqual([]);
    expect(await release()).toMatchObject({ version: 1 });
  });

  it('Headlamp answers all the time during a rotation', () => {
    expect(unanswered).toEqual([]);
  });

  it('leaves one client secret, and the same person signs in with it', async () => {
    const [registration] = [...real.world.emulator.directory.applications.values()].filter(
      ({ uniqueName }) => uniqueName,
    );
    expect(registration?.passwordCredentials).toHaveLength(1);
    const person = await stage.signedIn(stage.people.ada);
    expect((await person.ask('GET', '/api/v1/namespaces')).status).toBe(200);
  });
});

describe('an access rule that is removed', () => {
  it('people lose their access when its rule is removed', async () => {
    const person = await stage.signedIn(stage.people.ada);
    expect((await person.ask('GET', '/api/v1/namespaces')).status).toBe(200);
    expect((await run({ access: '' })).error).toBe('');
    expect(await bindings()).toEqual([]);
    expect((await person.ask('GET', '/api/v1/namespaces')).status).toBe(403);
  });
});

describe('a release that a killed helm left pending', () => {
  it('is recovered', async () => {
    await leavePending(real.api);
    const result = await run({ values: 'podLabels: {team: platform}' });
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')).toContainEqual(
      expect.objectContaining({ resource: 'release', action: 'recover' }),
    );
    expect(await release()).toMatchObject({ info: { status: 'deployed' } });
    const ready = list(await read('/api/v1/namespaces/headlamp/pods'), 'items').filter(isReady);
    expect(ready.map((pod) => text(pod, 'metadata', 'labels', 'team'))).toContain('platform');
  });
});
