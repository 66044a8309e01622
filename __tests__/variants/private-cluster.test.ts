import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { list, object, put, text } from '../../emulator/lib/json.ts';
import type { StepResult } from '../../emulator/runner/runner.ts';
import { expectConverged } from '../scenarios/converged.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, pods, releases, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';
import { formsOf } from '../scenarios/secret-forms.ts';
import { expectNoKeyLeft, isPrivate, privateAccess } from './private.ts';

const commands = (scenario: Scenario) => scenario.emulator.arm.commands;

/** Everything of its commands that others with access to the cluster can read later. */
function readable(scenario: Scenario): string {
  return commands(scenario)
    .flatMap(({ command, files, result }) => [
      command,
      result?.logs ?? '',
      ...Object.values(files).map((content) => Buffer.from(content).toString('latin1')),
    ])
    .join('\n');
}

function expectNoSecretIn(content: string, scenario: Scenario): void {
  const secrets = vaultSecrets(scenario).map(({ value }) => value);
  expect(secrets.length).toBeGreaterThan(0);
  for (const form of secrets.flatMap(formsOf)) expect(content.includes(form)).toBe(false);
}

describe('a private cluster', () => {
  let scenario: Scenario;
  const runs: Record<string, StepResult> = {};
  const counts: Record<string, number> = {};
  const podsAfter: Record<string, unknown> = {};
  let ended: (() => Promise<void>) | undefined;

  const run = async (name: string, inputs: Readonly<Record<string, string>> = {}) => {
    const before = commands(scenario).length;
    runs[name] = await scenario.run(inputs);
    counts[name] = commands(scenario).length - before;
    podsAfter[name] = pods(scenario);
  };

  beforeAll(async () => {
    scenario = await createScenario({ cluster: isPrivate }, (end) => {
      ended = end;
    });
    // What reaching the API server over the network takes is not needed.
    scenario.emulator.arm.assignments.revoke(
      scenario.deployer.principal.id,
      'Azure Kubernetes Service Cluster User Role',
    );
    const developers = scenario.groups.developers.id;
    await run('first', { access: `view: [${developers}]` });
    expectConverged(scenario);
    await run('rotation', { mode: 'rotate', rotate: 'force' });
    await run('change', { access: `edit: [${developers}]`, values: 'podLabels: {team: a}' });
    expectConverged(scenario);
    scenario.emulator.requests.clear();
    await run('nothing', { access: `edit: [${developers}]`, values: 'podLabels: {team: a}' });
  }, 180_000);
  afterAll(() => ended?.());

  it('is deployed to with at most ten run-commands', () => {
    expect(runs['first']?.error).toBe('');
    expect(runs['first']?.output).toContain('Headlamp redirects to Entra with the right client ID');
    expect(counts['first']).toBeLessThanOrEqual(10);
  });

  it('gets a new client secret through run-commands', () => {
    expect(runs['rotation']?.error).toBe('');
    expect(vaultSecrets(scenario)).toHaveLength(2);
    expect(podsAfter['rotation']).not.toEqual(podsAfter['first']);
  });

  it('gets changed values and changed access through run-commands', () => {
    expect(runs['change']?.error).toBe('');
    expect(releases(scenario)[0]?.revision).toBe(2);
    const bound = scenario.cluster
      .list('ClusterRoleBinding')
      .filter((binding) =>
        list(binding, 'subjects').some((subject) => text(subject, 'name') === scenario.groups.developers.id),
      );
    expect(bound.map((binding) => text(binding, 'roleRef', 'name'))).toEqual(['edit']);
  });

  it('is not changed if nothing has to change, which takes two run-commands', () => {
    expect(runs['nothing']?.outputs['changes']).toBe('[]');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect(counts['nothing']).toBe(2);
  });

  it('never has a client secret in a run-command, its files or its output, in any form', () => {
    expect(readable(scenario)).toContain('OIDC_CLIENT_SECRET');
    expectNoSecretIn(readable(scenario), scenario);
  });

  it('keeps no private key that a client secret was sealed with', () => {
    expectNoKeyLeft(scenario);
  });
});

describe('through AKS run-command', () => {
  it('a cluster without Entra integration is planned and gets it', async () => {
    const scenario = await createScenario({ cluster: privateAccess });
    const planned = await scenario.run({ mode: 'plan' });
    expect(JSON.parse(planned.outputs['changes'] ?? '').length).toBeGreaterThan(5);
    expect(scenario.emulator.requests.writes()).toEqual([]);
    expect((await scenario.run()).error).toBe('');
    expectConverged(scenario);
  });

  it('a public cluster is deployed to with cluster-access command, with the same result', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run({ 'cluster-access': 'command' })).error).toBe('');
    expectConverged(scenario);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('mode destroy removes everything', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    await scenario.run();
    const result = await scenario.run({ mode: 'destroy', 'confirm-destroy': 'aks-demo' });
    expect(result.error).toBe('');
    expect(scenario.cluster.get('Namespace', '', 'headlamp')).toBeUndefined();
    expect(scenario.cluster.list('Secret', 'headlamp')).toEqual([]);
  });

  it('mode rotate works on a private cluster with a public name', async () => {
    const properties = { ...isPrivate, privateFQDN: 'aks-demo-1234.hcp.westeurope.azmk8s.io' };
    const scenario = await createScenario({ cluster: properties });
    await scenario.run();
    expect((await scenario.run({ mode: 'rotate', rotate: 'force' })).error).toBe('');
    expectConverged(scenario);
  });

  it('a Secret that somebody changed is corrected', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const secret = scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra') ?? {};
    scenario.cluster.put('Secret', { ...secret, data: { OIDC_CLIENT_SECRET: 'd3Jvbmc=' } });
    expect((await scenario.run({ 'cluster-access': 'command' })).error).toBe('');
    expectConverged(scenario);
  });

  it('a refusal that repeats the client secret is reported without it', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    scenario.emulator.faults.onExecuted(() => {
      const message = vaultSecrets(scenario)[0]?.value;
      if (message === undefined) return;
      const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Invalid', code: 422, message };
      scenario.emulator.faults.add({
        matches: ({ method, url, body: sent }) =>
          method === 'POST' && url.pathname.endsWith('/secrets') && sent.includes('OIDC_SCOPES'),
        times: 1,
        fault: { kind: 'status', status: 422, headers: { 'content-type': 'application/json' }, body },
      });
    });
    const result = await scenario.run();
    expect(result.error).toContain('answered 422: The request is invalid');
    expectNoSecretIn(readable(scenario), scenario);
  });
});

describe('AKS run-commands that fail', () => {
  it('because their files are too large say so, with what to do', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    // Azure does not state the size; the chart is in this command.
    const hasChart = (body: Buffer) => Buffer.from(JSON.parse(String(body)).context, 'base64').includes('.tgz');
    scenario.emulator.faults.add({
      matches: ({ url, body }) => url.pathname.endsWith('/runCommand') && hasChart(body),
      times: 10,
      fault: {
        kind: 'status',
        status: 413,
        body: {
          error: { code: 'RequestContentTooLarge', message: 'The request content size exceeds the maximum size.' },
        },
      },
    });
    const result = await scenario.run();
    expectRefusal(result, 'run-command-failed', 'larger than AKS accepts', 'RequestContentTooLarge', 'a smaller chart');
  });

  it('are reported if run-command is disabled on the cluster', async () => {
    const apiServerAccessProfile = { enablePrivateCluster: true, disableRunCommand: true };
    const scenario = await createScenario({ cluster: { ...withEntra(), apiServerAccessProfile } });
    expectRefusal(await scenario.run(), 'run-command-disabled', '--enable-run-command', 'cluster-access to direct');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it.each([
    ['Azure Kubernetes Service Cluster Admin Role', 'runCommand/action'],
    ['Reader', 'commandResults/read'],
  ])('are reported if the identity lacks the role %s', async (role, action) => {
    const option = role.includes(' ') ? `--role "${role}"` : `--role ${role}`;
    const scenario = await createScenario({ cluster: isPrivate });
    scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    expectRefusal(await scenario.run(), 'arm-permission-missing', action, option);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('are reported if the cluster has no room for their pod', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    const message = 'Failed to run command due to cluster perf issue, container did not start within 30s';
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/runCommand'),
      fault: { kind: 'status', status: 400, body: { error: { code: 'KubernetesPerformanceError', message } } },
    });
    expectRefusal(
      await scenario.run({ 'wait-timeout': '30s' }),
      'run-command-failed',
      message,
      'az aks command invoke',
    );
  });

  it('are offered instead of cluster-access direct, which cannot reach a private cluster', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    expectRefusal(await scenario.run({ 'cluster-access': 'direct' }), 'cluster-private', 'set cluster-access to auto');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('remove a foreign key from the Secret that Headlamp reads', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    expect((await scenario.run()).error).toBe('');
    const secret = () => scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra') ?? {};
    const keys = Object.keys(object(secret(), 'data'));
    scenario.cluster.put('Secret', put(secret(), ['data', 'FOREIGN'], Buffer.from('x').toString('base64')));
    expect((await scenario.run()).error).toBe('');
    expect(Object.keys(object(secret(), 'data')).sort()).toEqual(keys.sort());
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });

  it('still report why a Headlamp pod does not start', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    expectRefusal(await scenario.run({ values: 'image: {tag: v9.9.9-missing}' }), 'rollout-failed', 'ImagePull');
  });
});
