import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chartFiles } from '../../emulator/helm/chart-repository.ts';
import { list, object, text } from '../../emulator/lib/json.ts';
import { expectRefusal } from './refusal.ts';
import { createDeployed, createScenario, deployment, pods, releases, type Scenario, withEntra } from './scenario.ts';
import { shared } from './shared.ts';

const image = (scenario: Scenario) =>
  text(list(deployment(scenario), 'spec', 'template', 'spec', 'containers')[0], 'image');

describe('a release', () => {
  it('that the API server refuses in words that nobody has seen ends with them, and no guess', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const message = 'turnips are out of season';
    scenario.emulator.faults.add({
      matches: ({ method, url, headers }) =>
        method !== 'GET' && /\/deployments(\/|$)/.test(url.pathname) && /helm/i.test(headers['user-agent'] ?? ''),
      fault: {
        kind: 'status',
        status: 422,
        body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason: 'Turnips', code: 422 },
      },
    });
    const result = await scenario.run();
    expectRefusal(result, 'release-failed', message, 'correct what Helm reports');
    expect(result.error).not.toMatch(/quota|policy|role|immutable|resources in/i);
  });

  it('with several replicas gives a warning', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ mode: 'plan', values: 'replicaCount: 2' });
    expect(result.warnings).toContainEqual(expect.stringContaining('replicaCount 2'));
  });

  it('is upgraded when the chart version or the values change, and the run says what changed', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run({ 'chart-version': '0.44.0' });
    const result = await scenario.run({ values: 'replicaCount: 1\npodLabels:\n  team: platform' });
    expect(JSON.parse(result.outputs['changes'] ?? '')).toEqual([
      {
        resource: 'release',
        action: 'update',
        detail: 'headlamp-oidc: chart 0.44.0 to 0.45.0; values replicaCount, podLabels',
      },
    ]);
    expect(result.outputs).toMatchObject({ 'release-revision': '2', 'headlamp-version': '0.45.0' });
    expect(text(deployment(scenario), 'spec', 'template', 'metadata', 'labels', 'team')).toBe('platform');
  });

  it.each(['0.38.0', '0.42.0', '0.43.0'])('of chart %s signs people in', async (version) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ 'chart-version': version });
    expect(result.error).toBe('');
    expect(result.summary).toContain('Headlamp redirects to Entra as expected');
  });

  it('reads values from files in the workspace, overridden by the input values', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await writeFile(join(scenario.runner.workspace, 'values.yaml'), 'podLabels:\n  team: files\n  tier: web\n');
    const result = await scenario.run({ 'values-files': 'values.yaml', values: 'podLabels: {team: inline}' });
    expect(result.error).toBe('');
    expect(object(deployment(scenario), 'spec', 'template', 'metadata', 'labels')).toMatchObject({
      team: 'inline',
      tier: 'web',
    });
  });

  it('is deployed from a chart in the workspace, and upgraded when that chart or what it links to changes', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { workspace } = scenario.runner;
    for (const [path, content] of Object.entries(await chartFiles('0.45.0'))) {
      await mkdir(join(workspace, path, '..'), { recursive: true });
      await writeFile(join(workspace, path), content);
    }
    await mkdir(join(workspace, 'shared'));
    await symlink('../../shared', join(workspace, 'headlamp/templates/shared'));
    expect((await scenario.run({ chart: './headlamp' })).error).toBe('');
    expect((await scenario.run({ chart: './headlamp' })).outputs['changes']).toBe('[]');
    await writeFile(join(workspace, 'shared/extra.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n');
    expect((await scenario.run({ chart: './headlamp' })).outputs['release-revision']).toBe('2');
    expect(scenario.cluster.get('ConfigMap', 'headlamp', 'extra')).toBeDefined();
    await symlink('../headlamp', join(workspace, 'shared/circle'));
    expectRefusal(
      await scenario.run({ chart: './headlamp' }),
      'chart-not-found',
      'is a link to a folder that it is in',
    );
  });

  it('is repaired if its Deployment was deleted', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    scenario.cluster.remove('Deployment', 'headlamp', 'headlamp-oidc');
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(deployment(scenario)).toBeDefined();
  });

  it('keeps at most five revisions', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    for (const team of ['a', 'b', 'c', 'd', 'e', 'f']) await scenario.run({ values: `podLabels: {team: ${team}}` });
    expect(releases(scenario).map(({ revision }) => revision)).toEqual([6, 5, 4, 3, 2]);
  });
});

describe('values that the chart rejects', () => {
  it('fail the run before anything is written', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ values: 'replicaCount: many' });
    expect(result.error).toMatch(/^values-invalid: /);
    expect(result.error).toContain('replicaCount');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});

describe('a variable in the arguments of Headlamp', () => {
  const undefinedOnes: readonly [string, string, string][] = [
    ['by a value of the chart', 'config: {oidc: {meUserInfoURL: "https://userinfo.example"}}', 'ME_USER_INFO_URL'],
    ['by an argument of the user', 'config: {extraArgs: ["-log-level=$(LEVEL)"]}', 'LEVEL'],
  ];
  it.each(undefinedOnes)(
    'that is wanted %s and defined nowhere fails the run before anything is written',
    async (...[, values, name]) => {
      const scenario = await createScenario({ cluster: withEntra() });
      expectRefusal(await scenario.run({ values }), 'values-invalid', `$(${name})`, `{name: ${name}, value: …}`);
      expect(scenario.emulator.requests.writes()).toEqual([]);
    },
  );

  it('that the user defines, Kubernetes sets or $$ escapes is none of those', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const args = ['-log-level=$(LEVEL)', '-proxy-urls=$(KUBERNETES_SERVICE_HOST)', '-me-groups-path=$$(NAME)'];
    const values = JSON.stringify({ config: { extraArgs: args }, env: [{ name: 'LEVEL', value: 'info' }] });
    expect((await scenario.run({ values })).error).toBe('');
  });
});

describe('sign-in with PKCE', () => {
  const challenge = async (scenario: Scenario) => {
    const [headlamp] = scenario.cluster.headlamps();
    const query = new URLSearchParams({ cluster: 'main' });
    const answer = await headlamp?.answer({ method: 'GET', path: '/oidc', query, headers: {}, body: Buffer.from('') });
    return new URL(answer?.headers?.['location'] ?? 'missing:').searchParams.get('code_challenge_method');
  };

  it.each([
    ['by default', '', 'S256'],
    ['if the values say so', 'config: {oidc: {usePKCE: true}}', 'S256'],
  ])('is on %s', async (_, values, method) => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run({ values })).error).toBe('');
    expect(await challenge(scenario)).toBe(method);
  });

  it('is off if the values turn it off, and is on with the oldest chart that is supported', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run({ values: 'config: {oidc: {usePKCE: false}}' })).error).toBe('');
    expect(await challenge(scenario)).toBe(null);
    expect((await scenario.run({ 'chart-version': '0.38.0' })).error).toBe('');
    expect(await challenge(scenario)).toBe('S256');
  });
});

describe('an upgrade whose pods do not become ready', () => {
  // Each case ends with a run that has nothing to change.
  const deployed = shared((atEnd) => createDeployed({}, atEnd));
  const failures: readonly [string, string, string][] = [
    ['the image cannot be pulled', 'image: {tag: v9.9.9}', 'ImagePullBackOff'],
    ['no node takes the pod', 'nodeSelector: {disk: fast}', 'Unschedulable'],
    ['the container crashes', 'config: {extraArgs: ["-no-such-flag"]}', 'flag provided but not defined: -no-such-flag'],
  ];
  it.each(failures)(
    "because %s leaves the previous pods running, and the error has the pod's own reason",
    async (_, values, reason) => {
      const scenario = deployed();
      const before = pods(scenario);
      const result = await scenario.run({ values, 'wait-timeout': '30s' });
      expect(result.error).toMatch(/^rollout-failed: /);
      expect(result.error).toContain(reason);
      expect(result.error).toContain('runs its previous pods again');
      expect(image(scenario)).toBe('ghcr.io/headlamp-k8s/headlamp:v0.45.0');
      // The previous pods never went away.
      expect(pods(scenario)).toEqual(expect.arrayContaining(before));
      const next = await scenario.run();
      expect(next.error).toBe('');
      expect(JSON.parse(next.outputs['changes'] ?? '')).toMatchObject([{ resource: 'release', action: 'update' }]);
      expect((await scenario.run()).outputs['changes']).toBe('[]');
    },
  );

  it('and whose previous pods cannot be restored fails with the reason of the new ones all the same', async () => {
    const scenario = await createDeployed();
    const refusal = 'deployments.apps "headlamp-oidc" is forbidden: User "x" cannot patch resource "deployments"';
    scenario.emulator.faults.add({
      matches: ({ headers, url }) =>
        headers['content-type'] === 'application/merge-patch+json' && url.pathname.endsWith('/headlamp-oidc'),
      fault: { kind: 'status', status: 403, body: { kind: 'Status', reason: 'Forbidden', message: refusal } },
    });
    const result = await scenario.run({ values: 'image: {tag: v9.9.9}' });
    expect(result.error).toMatch(/^rollout-failed: [\s\S]*ImagePullBackOff/);
    expect(result.error).toMatch(/could not get its previous pods back: [\s\S]*cannot patch resource/);
  });

  it('and whose Deployment has another name is not said to run the previous ones', async () => {
    const scenario = await createDeployed();
    const result = await scenario.run({ values: 'image: {tag: v9.9.9}\nfullnameOverride: other' });
    expect(result.error).toMatch(/^rollout-failed: [\s\S]*ImagePullBackOff/);
    expect(result.error).toContain('The upgrade has replaced Deployment headlamp-oidc');
    expect(scenario.cluster.get('Deployment', 'headlamp', 'headlamp-oidc')).toBeUndefined();
    expect((await scenario.run()).error).toBe('');
  });

  it('of a first installation is kept for inspection and repaired by the next run', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ values: 'image: {tag: v9.9.9}' });
    expect(result.error).toMatch(/^rollout-failed: [\s\S]*ImagePullBackOff/);
    expect(image(scenario)).toBe('ghcr.io/headlamp-k8s/headlamp:v9.9.9');
    expect((await scenario.run()).error).toBe('');
  });
});
