import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list, object, put, text } from '../emulator/lib/json.ts';
import type { StepResult } from '../emulator/runner/runner.ts';
import type { Person } from './browser/browser.ts';
import { type Stage, setStage } from './stage.ts';

const ROLE_BINDINGS = '/apis/rbac.authorization.k8s.io/v1/rolebindings?labelSelector=app.kubernetes.io/managed-by';

/** Not with KUBECONFIG: another file deploys there. */
describe.skipIf(process.env['KUBECONFIG'])('access in some namespaces, on a real Kubernetes', () => {
  let stage: Stage;
  let ada: Person;
  beforeAll(async () => {
    stage = await setStage();
    for (const name of ['team-a', 'team-b']) {
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      expect((await stage.real.api.post('/api/v1/namespaces', namespace)).status).toBe(201);
      const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' }, data: { color: 'blue' } };
      expect((await stage.real.api.post(configMaps(name), settings)).status).toBe(201);
    }
  });
  afterAll(() => stage?.close());

  const configMaps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
  const settingsOf = (namespace: string) => `${configMaps(namespace)}/settings`;
  const colorIn = async (namespace: string) =>
    text((await stage.real.api.get(settingsOf(namespace))).body, 'data', 'color');
  const bindings = async () => list((await stage.real.api.get(ROLE_BINDINGS)).body, 'items');

  function run(teams: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<StepResult> {
    const group = stage.real.world.groups.developers.id;
    const access = teams.length > 0 ? JSON.stringify({ edit: [{ group, namespaces: teams }] }) : '';
    return stage.run({ access, ...more });
  }

  /** As Headlamp's editor does: reads the object, and writes it with a change. */
  async function paint(person: Person, namespace: string, color: string): Promise<number> {
    const { status, body } = await person.ask('GET', settingsOf(namespace));
    const current = object(status === 200 ? JSON.parse(body) : await untouched(namespace));
    const changed = JSON.stringify(put(current, ['data', 'color'], color));
    return (await person.ask('PUT', settingsOf(namespace), changed)).status;
  }
  const untouched = async (namespace: string) => (await stage.real.api.get(settingsOf(namespace))).body;

  it('a person of team-a sees and edits team-a in Headlamp', async () => {
    const result = await run(['team-a']);
    expect(result.error).toBe('');
    ada = await stage.signedIn(stage.people.ada);
    const { status, body } = await ada.ask('GET', configMaps('team-a'));
    expect(status).toBe(200);
    expect(list(JSON.parse(body), 'items').map((entry) => text(entry, 'metadata', 'name'))).toContain('settings');
    expect(await paint(ada, 'team-a', 'green')).toBe(200);
    expect(await colorIn('team-a')).toBe('green');
  });

  it('a person of team-a is refused team-b, and everything that belongs to the whole cluster', async () => {
    expect((await ada.ask('GET', configMaps('team-b'))).status).toBe(403);
    expect(await paint(ada, 'team-b', 'red')).toBe(403);
    expect(await colorIn('team-b')).toBe('blue');
    expect((await ada.ask('GET', '/api/v1/namespaces')).status).toBe(403);
    expect((await ada.ask('GET', '/api/v1/namespaces/headlamp/secrets')).status).toBe(403);
  });

  it('a person of team-a may hand out none of it', async () => {
    const role = '/apis/rbac.authorization.k8s.io/v1/namespaces/team-a/rolebindings';
    const own = text((await bindings())[0], 'metadata', 'name');
    expect((await ada.ask('DELETE', `${role}/${own}`)).status).toBe(403);
    const binding = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'friends' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: stage.people.ben.id }],
    };
    expect((await ada.ask('POST', role, JSON.stringify(binding))).status).toBe(403);
  });

  it('a second run with the same rules changes nothing', async () => {
    expect((await run(['team-a'])).outputs['changes']).toBe('[]');
  });

  it('with list-namespaces a person of team-a sees which namespaces there are, and no more of them', async () => {
    expect((await run(['team-a'], { 'list-namespaces': 'true' })).error).toBe('');
    const { status, body } = await ada.ask('GET', '/api/v1/namespaces');
    expect(status).toBe(200);
    expect(list(JSON.parse(body), 'items').map((entry) => text(entry, 'metadata', 'name'))).toContain('team-b');
    expect((await ada.ask('GET', configMaps('team-b'))).status).toBe(403);
  });

  it('a namespace that is moved in the rules takes the access with it, in the session that is open', async () => {
    expect((await run(['team-b'])).error).toBe('');
    expect([await paint(ada, 'team-a', 'red'), await paint(ada, 'team-b', 'yellow')]).toEqual([403, 200]);
    expect([await colorIn('team-a'), await colorIn('team-b')]).toEqual(['green', 'yellow']);
  });

  it('a person who is dropped from the rules loses all of it, in the session that is open', async () => {
    expect((await run([])).error).toBe('');
    expect((await ada.ask('GET', configMaps('team-b'))).status).toBe(403);
    expect((await ada.ask('GET', '/api/v1/namespaces')).status).toBe(403);
    expect(await bindings()).toEqual([]);
  });
});
