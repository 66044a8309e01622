import { describe, expect, it } from 'vitest';
import { object, put } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, deployment, withEntra } from '../scenarios/scenario.ts';

describe('a failure of helm is told with what to do about its cause:', () => {
  it('an object of others has a name of the release', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.cluster.put('Namespace', { metadata: { name: 'headlamp' }, status: { phase: 'Active' } });
    scenario.cluster.put('ServiceAccount', { metadata: { name: 'headlamp-oidc', namespace: 'headlamp' } });
    const result = await scenario.run();
    expectRefusal(result, 'release-failed', 'cannot be imported into the current release', 'belongs to somebody else');
  });

  it('a field that cannot change; mode doctor warns of it', async () => {
    const scenario = await createDeployed();
    const selector = { matchLabels: { 'app.kubernetes.io/name': 'of-others' } };
    scenario.cluster.put('Deployment', put(object(deployment(scenario)), ['spec', 'selector'], selector));
    const inputs = { values: 'podLabels: {a: b}' };
    const checked = await scenario.run({ ...inputs, mode: 'doctor' });
    expect(checked.error).toBe('');
    expect(checked.warnings.join()).toMatch(/field is immutable[\s\S]*to create it again/);
    const result = await scenario.run(inputs);
    expectRefusal(result, 'release-failed', 'field is immutable', 'delete the object that Helm names');
  });

  it('a permission that the deploying identity lacks', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const message =
      'services is forbidden: User "x" cannot create resource "services" in API group "" in the namespace "headlamp"';
    const body = { apiVersion: 'v1', kind: 'Status', status: 'Failure', message, reason: 'Forbidden', code: 403 };
    scenario.emulator.faults.add({
      matches: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/services'),
      times: 10,
      fault: { kind: 'status', status: 403, body },
    });
    const result = await scenario.run();
    expectRefusal(result, 'release-failed', 'cannot create resource "services"', 'give the deploying identity');
  });
});
