import { describe, expect, it } from 'vitest';
import { expectConverged } from '../scenarios/converged.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';
import { isPrivate } from './private.ts';

const ranges = { apiServerAccessProfile: { authorizedIPRanges: ['203.0.113.0/24'] } };

describe('authorized IP ranges without the runner', () => {
  it('make cluster-access: auto use AKS run-command within seconds, and the log says so first', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), ...ranges } });
    const result = await scenario.run();
    expect(result.error).toBe('');
    const [said, used] = ['admits these networks only: 203.0.113.0/24', 'Using AKS run-command'].map((text) =>
      result.output.indexOf(text),
    );
    expect(said).toBeGreaterThan(0);
    expect(used).toBeGreaterThan(said ?? 0);
    expectConverged(scenario);
  });

  it('do so for mode rotate, too, which does not read the cluster first', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run()).error).toBe('');
    scenario.emulator.arm.changeCluster(scenario.clusterId, ranges);
    expect((await scenario.run({ mode: 'rotate', rotate: 'force' })).error).toBe('');
    expectConverged(scenario);
  });

  it('end a run with cluster-access direct within seconds, with the ranges and the way out', async () => {
    const scenario = await createScenario({ cluster: { ...withEntra(), ...ranges } });
    const started = performance.now();
    const result = await scenario.run({ 'cluster-access': 'direct' });
    expect(performance.now() - started).toBeLessThan(20_000);
    expectRefusal(result, 'cluster-unreachable', '203.0.113.0/24', 'set cluster-access to command');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that hold the runner do not matter', async () => {
    const authorizedIPRanges = ['198.51.100.7/32'];
    const scenario = await createScenario({
      cluster: { ...withEntra(), apiServerAccessProfile: { authorizedIPRanges } },
    });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).not.toContain('Using AKS run-command');
  });
});

describe('a command whose pod does not start in time', () => {
  it.each(['slowCommands', 'commandsNotRun'] as const)('is sent again (%s)', async (setting) => {
    const scenario = await createScenario({ cluster: isPrivate });
    scenario.emulator.arm.settings[setting] = 1;
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toContain('could not start the pod of a command yet');
    expectConverged(scenario);
  });

  it.each([
    ['the cluster has no room for it', 'Pod is not schedulable: Insufficient resources for the RunCommand pod.', true],
    [
      'AKS did not reach the API server',
      'Failed to run command in managed cluster due to kubernetes failure. details: Get "https://10.0.0.1:443/api/v1/namespaces/aks-command/pods/command-1": net/http: TLS handshake timeout',
      false,
    ],
  ])('is sent again if %s', async (_, message, waits) => {
    const scenario = await createScenario({ cluster: isPrivate });
    const code = waits ? 'KubernetesPerformanceError' : 'KubernetesOperationError';
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/runCommand'),
      times: 2,
      fault: { kind: 'status', status: 400, body: { code, details: null, message, subcode: '' } },
    });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output.includes('could not start the pod of a command yet')).toBe(waits);
  });

  it('because its image cannot be pulled ends the run after wait-timeout, with that reason', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    scenario.emulator.arm.settings.commandsNotRun = 1_000;
    const result = await scenario.run({ 'wait-timeout': '20s' });
    expectRefusal(result, 'run-command-failed', 'ImagePullBackoff', 'Node pools: ', 'az aks command invoke');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it.each([
    [400, 'KubernetesOperationError'],
    [404, 'KubernetesPerformanceError'],
  ])('with %d %s ends the run after wait-timeout, with the taints of the pools', async (status, code) => {
    const pool = { name: 'system', count: 1, vmSize: 'Standard_B2s', mode: 'System', osType: 'Linux' };
    const agentPoolProfiles = [{ ...pool, nodeTaints: ['CriticalAddonsOnly=true:NoSchedule'] }];
    const scenario = await createScenario({ cluster: { ...isPrivate, agentPoolProfiles } });
    const message = 'container command-1 in aks-command namespace did not start within 30s on your cluster';
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/runCommand'),
      fault: { kind: 'status', status, body: { code, details: null, message, subcode: '' } },
    });
    const result = await scenario.run({ 'wait-timeout': '20s' });
    expectRefusal(
      result,
      'run-command-failed',
      code,
      message,
      '1 x Standard_B2s Linux, taints CriticalAddonsOnly=true',
    );
  });

  it('because of a policy is not sent again, and told in the words of the policy', async () => {
    const scenario = await createScenario({ cluster: isPrivate });
    const message = 'admission webhook "validation.gatekeeper.sh" denied the request: images need a digest';
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/runCommand'),
      fault: { kind: 'status', status: 400, body: { code: 'KubernetesOperationError', message } },
    });
    expectRefusal(await scenario.run(), 'run-command-failed', 'images need a digest', 'namespace aks-command excluded');
  });

  it.each([
    [400, 'TurnipsNotRipe'],
    [403, 'TurnipsForbidden'],
    [409, 'KubernetesOperationError'],
  ])(
    'with %d %s and words that nobody has seen gives code and words, and no guess of its pod',
    async (status, code) => {
      const scenario = await createScenario({ cluster: isPrivate });
      scenario.emulator.faults.add({
        matches: ({ url }) => url.pathname.endsWith('/runCommand'),
        fault: {
          kind: 'status',
          status,
          body: { code, details: null, message: 'Turnips are out of season.', subcode: '' },
        },
      });
      const result = await scenario.run();
      expectRefusal(result, 'run-command-failed', `${code}: Turnips are out of season.`, 'look at what AKS says');
      expect(result.error).not.toMatch(/node|polic|role|memory/i);
    },
  );
});

describe('the API server', () => {
  it('that never answers ends the run after seconds, not after all attempts of a usual request', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.hostname.endsWith('azmk8s.io'),
      fault: { kind: 'hang' },
    });
    const started = performance.now();
    expectRefusal(await scenario.run(), 'cluster-unreachable', 'azmk8s.io', 'set cluster-access to command');
    expect(performance.now() - started).toBeLessThan(25_000);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('that does not answer is named, with what may block the connection', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      matches: ({ url }) => url.hostname.endsWith('azmk8s.io'),
      fault: { kind: 'reset' },
    });
    expectRefusal(await scenario.run(), 'cluster-unreachable', 'azmk8s.io', 'authorized IP ranges');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
