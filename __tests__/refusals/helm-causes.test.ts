import { describe, expect, it } from 'vitest';
import { object, put } from '../../emulator/lib/json.ts';
import type { Fault } from '../../emulator/server/faults.ts';
import { DESTROY, expectDestroyed } from '../scenarios/destroyed.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createDeployed, createScenario, deployment, type Scenario, withEntra } from '../scenarios/scenario.ts';

function forbid({ emulator }: Scenario, method: string, verb: string): void {
  const message = `services is forbidden: User "x" cannot ${verb} resource "services" in API group "" in the namespace "headlamp"`;
  const body = { apiVersion: 'v1', kind: 'Status', status: 'Failure', message, reason: 'Forbidden', code: 403 };
  emulator.faults.add({
    matches: ({ url, ...request }) => request.method === method && /\/services(\/headlamp-oidc)?$/.test(url.pathname),
    times: 10,
    fault: { kind: 'status', status: 403, body },
  });
}

const UNAVAILABLE: Fault = {
  kind: 'status',
  status: 503,
  body: {
    ...{ apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'ServiceUnavailable', code: 503 },
    message: 'the server is currently unable to handle the request',
  },
};

it.each([
  ['reads the records of the release', /^GET .*\/secrets$/, UNAVAILABLE],
  ['deletes an object', /^DELETE .*\/services\/headlamp-oidc$/, { kind: 'reset' } as const],
  ['deletes the record, which it did', /^DELETE .*\/sh\.helm\.release\S+$/, { kind: 'lost' } as const],
])('a removal goes on if a request of helm fails once that %s', async (_, request, fault) => {
  const scenario = await createDeployed();
  scenario.emulator.faults.add({
    matches: ({ method, url, headers }) =>
      headers['user-agent']?.startsWith('Helm/') === true && request.test(`${method} ${url.pathname}`),
    times: 1,
    fault,
  });
  const result = await scenario.run(DESTROY);
  expect(result.error).toBe('');
  expect(result.output).toContain('helm uninstall failed');
  expectDestroyed(scenario);
});

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
    forbid(scenario, 'POST', 'create');
    const result = await scenario.run();
    expectRefusal(result, 'release-failed', 'cannot create resource "services"', 'give the deploying identity');
  });

  it('a permission that it lacks to remove the release', async () => {
    const scenario = await createDeployed();
    forbid(scenario, 'DELETE', 'delete');
    const result = await scenario.run(DESTROY);
    expectRefusal(result, 'release-failed', 'cannot delete resource "services"', 'give the deploying identity');
  });
});
