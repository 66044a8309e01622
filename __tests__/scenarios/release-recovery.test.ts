import { describe, expect, it } from 'vitest';
import { text } from '../../emulator/lib/json.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, deployment, leavePending, releases, withEntra } from './scenario.ts';

describe('a release that an interrupted run left pending', () => {
  it('is upgraded once its record was taken back', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    await scenario.run({ values: 'podLabels: {team: a}' });
    leavePending(scenario, 'pending-upgrade');
    const result = await scenario.run({ values: 'podLabels: {team: b}' });
    expect(result.error).toBe('');
    expect(JSON.parse(result.outputs['changes'] ?? '')).toMatchObject([{ resource: 'release', action: 'recover' }]);
    expect(releases(scenario)[0]).toMatchObject({ status: 'deployed' });
    expect(text(deployment(scenario), 'spec', 'template', 'metadata', 'labels', 'team')).toBe('b');
  });

  it('is reinstalled if it never worked', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    leavePending(scenario, 'pending-install');
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(releases(scenario)).toMatchObject([{ revision: 1, status: 'deployed' }]);
  });

  it('or uninstalling is installed again', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    leavePending(scenario, 'uninstalling');
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(releases(scenario)[0]).toMatchObject({ status: 'deployed' });
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });
});

describe('a release whose end Helm cannot record', () => {
  it('is recovered by the same run: Helm alone would call that a success', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.add({
      times: 1,
      matches: ({ method, url }) => method === 'PUT' && url.pathname.includes('/secrets/sh.helm.release'),
      fault: { kind: 'status', status: 500, body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 500 } },
    });
    const result = await scenario.run();
    expect(result.error).toBe('');
    expect(result.output).toContain('could not record');
    expect(releases(scenario)).toMatchObject([{ revision: 1, status: 'deployed' }]);
    expect((await scenario.run()).outputs['changes']).toBe('[]');
  });
});

describe('a release that was left pending', () => {
  it('and whose record cannot be removed is named with the command that shows it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    leavePending(scenario, 'pending-install');
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'DELETE' && url.pathname.includes('/secrets/sh.helm.release'),
      fault: { kind: 'status', status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } },
    });
    expectRefusal(await scenario.run(), 'release-not-recovered', 'owner=helm,name=headlamp-oidc');
    expect(deployment(scenario)).toBeDefined();
  });
});
