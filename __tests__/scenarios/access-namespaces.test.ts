import { describe, expect, it } from 'vitest';
import type { User } from '../../emulator/entra/objects.ts';
import { list, text } from '../../emulator/lib/json.ts';
import { responseOf } from '../../emulator/server/pipeline.ts';
import { createBrowser } from '../emulator/clients/browser.ts';
import { DESTROY } from './destroyed.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, type Scenario, withEntra } from './scenario.ts';

const HEADLAMP = 'http://localhost:8000';
const READER = 'Azure Kubernetes Service RBAC Reader';

async function teams(): Promise<Scenario & { readonly ada: User; readonly ben: User }> {
  const scenario = await createScenario({ cluster: withEntra() });
  const { directory } = scenario.emulator;
  for (const name of ['team-a', 'team-b']) scenario.cluster.put('Namespace', { metadata: { name } });
  const ada = directory.addUser({ displayName: 'Ada Jones' });
  const ben = directory.addUser({ displayName: 'Ben Cole' });
  scenario.groups.developers.members.add(ada.id);
  return { ...scenario, ada, ben };
}

const inTeamA = ({ groups }: Scenario) =>
  JSON.stringify({ edit: [{ group: groups.developers.id, namespaces: ['team-a'] }] });

/** A person who has signed in to Headlamp. @returns the status of a request to the cluster */
async function signIn({ cluster, emulator }: Scenario, person: User) {
  const browser = createBrowser(async (target, init = {}) => {
    const url = new URL(target);
    const [headlamp] = cluster.headlamps();
    if (url.origin !== HEADLAMP || headlamp === undefined) return emulator.dispatch(url, init);
    const { method = 'GET', headers = {}, body = '' } = init;
    const request = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.from(body) };
    return responseOf(await headlamp.answer(request), () => {});
  });
  const page = await browser.open(`${HEADLAMP}/oidc?cluster=main`);
  await page.submit({ username: person.userPrincipalName, password: person.password });
  return async (path: string) => (await browser.open(`${HEADLAMP}/clusters/main${path}`)).status;
}

const configMaps = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;

const bindings = ({ cluster }: Scenario) =>
  cluster
    .list('RoleBinding')
    .map((binding) => `${text(binding, 'metadata', 'namespace')} ${text(binding, 'metadata', 'name')}`);

describe('access in a namespace', () => {
  it('lets a group work in its namespace and in no other, until it is dropped', async () => {
    const scenario = await teams();
    const result = await scenario.run({ access: inTeamA(scenario) });
    expect(result.error).toBe('');
    expect(result.outputs['changes']).toContain('edit for 1 group in namespace team-a');
    expect(result.summary).toContain('in `team-a`');
    const ask = await signIn(scenario, scenario.ada);
    expect([await ask(configMaps('team-a')), await ask(configMaps('team-b'))]).toEqual([200, 403]);
    expect(await ask('/api/v1/namespaces')).toBe(403);
    scenario.emulator.requests.clear();
    expect((await scenario.run({ access: inTeamA(scenario) })).outputs['changes']).toBe('[]');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    const dropped = await scenario.run({ access: '' });
    expect(dropped.outputs['changes']).toContain('edit in namespace team-a');
    expect(await ask(configMaps('team-a'))).toBe(403);
    expect(bindings(scenario)).toEqual([]);
    const left = scenario.cluster.list('ClusterRoleBinding').map((binding) => text(binding, 'metadata', 'name'));
    expect(left.filter((name) => name?.startsWith('headlamp-aks-entra'))).toEqual([]);
    expect((await scenario.run({ access: '' })).outputs['changes']).toBe('[]');
  });

  it('can be given to one person, and with list-namespaces shows which namespaces there are', async () => {
    const scenario = await teams();
    const access = JSON.stringify({ view: [{ user: scenario.ben.id, namespaces: ['team-b'] }] });
    const inputs = { access, 'list-namespaces': 'true' };
    expect((await scenario.run(inputs)).error).toBe('');
    const [ben, ada] = [await signIn(scenario, scenario.ben), await signIn(scenario, scenario.ada)];
    expect([await ben('/api/v1/namespaces'), await ben(configMaps('team-b')), await ben(configMaps('team-a'))]).toEqual(
      [200, 200, 403],
    );
    expect(await ada('/api/v1/namespaces')).toBe(403);
    expect((await scenario.run({ ...inputs, 'list-namespaces': 'false' })).error).toBe('');
    expect([await ben('/api/v1/namespaces'), await ben(configMaps('team-b'))]).toEqual([403, 200]);
  });

  it('by an Azure role is assigned at the namespace, and removed again', async () => {
    const scenario = await teams();
    const role = 'Role Based Access Control Administrator';
    scenario.emulator.arm.assignments.assign(scenario.deployer.principal.id, role, scenario.clusterId);
    const rules = { [READER]: [{ group: scenario.groups.developers.id, namespaces: ['team-a'] }] };
    const inputs = { 'enable-azure-rbac': 'true', access: JSON.stringify(rules) };
    expect((await scenario.run(inputs)).error).toBe('');
    const made = () =>
      [...scenario.emulator.arm.assignments.all.values()]
        .filter((entry) => entry.role === READER)
        .map(({ scope }) => scope);
    expect(made()).toEqual([`${scenario.clusterId}/namespaces/team-a`]);
    const ask = await signIn(scenario, scenario.ada);
    expect([await ask(configMaps('team-a')), await ask(configMaps('team-b'))]).toEqual([200, 403]);
    expect((await scenario.run(inputs)).outputs['changes']).toBe('[]');
    expect((await scenario.run({ ...inputs, access: '' })).error).toBe('');
    expect(made()).toEqual([]);
    expect(await ask(configMaps('team-a'))).toBe(403);
  });

  it('leaves the bindings of others alone, and is removed by destroy', async () => {
    const scenario = await teams();
    const foreign = {
      metadata: { name: 'operators', namespace: 'team-a' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [],
    };
    scenario.cluster.put('RoleBinding', foreign);
    expect((await scenario.run({ access: inTeamA(scenario) })).error).toBe('');
    expect(bindings(scenario)).toHaveLength(2);
    const result = await scenario.run(DESTROY);
    expect(result.error).toBe('');
    expect(bindings(scenario)).toEqual(['team-a operators']);
    for (const kind of ['ClusterRole', 'ClusterRoleBinding'])
      expect(JSON.stringify(scenario.cluster.list(kind))).not.toContain('headlamp-aks-entra');
  });

  it('works through AKS run-command, too', async () => {
    const scenario = await teams();
    const inputs = { access: inTeamA(scenario), 'cluster-access': 'command' };
    expect((await scenario.run(inputs)).error).toBe('');
    expect(list(scenario.cluster.list('RoleBinding')[0], 'subjects')).toHaveLength(1);
    expect((await scenario.run(inputs)).outputs['changes']).toBe('[]');
    expect((await scenario.run({ ...inputs, access: '' })).error).toBe('');
    expect(bindings(scenario)).toEqual([]);
  });

  it('that the cluster does not have is an error that names it, before anything is written', async () => {
    const scenario = await teams();
    const access = JSON.stringify({
      view: [{ group: scenario.groups.developers.id, namespaces: ['team-a', 'team-c'] }],
    });
    expectRefusal(await scenario.run({ access }), 'namespace-not-found', 'team-c');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    const doctor = await scenario.run({ access, mode: 'doctor' });
    expect(doctor.error).toContain('namespace-not-found');
  });
});
