import { describe, expect, it } from 'vitest';
import { object, stringMap, strings } from '../../emulator/json.ts';
import { createRunner, type StepResult } from '../../emulator/runner/runner.ts';
import { createScenario, registration, type Scenario, vaultSecrets, withEntra } from './scenario.ts';

/** Runs the action a second time, on another runner, at the moment when the first run asks for this. */
function overtakeAt(
  scenario: Scenario,
  method: string,
  path: RegExp,
  inputs: Readonly<Record<string, string>>,
): () => Promise<StepResult | undefined> {
  let overtaking: Promise<StepResult> | undefined;
  scenario.box.faults.onRequest(async (exchange) => {
    if (overtaking || exchange.method !== method || !path.test(exchange.url.pathname)) return;
    const runner = await createRunner();
    overtaking = runner.step({
      inputs: { ...scenario.inputs, ...inputs },
      environment: scenario.box.environment(),
    });
    await overtaking;
    await runner.remove();
  });
  return async () => overtaking;
}

describe('two runs at once', () => {
  it('leave the cluster with the newer client secret, though the older one is written later', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const rotation = { mode: 'rotate', rotate: 'force' };
    const other = overtakeAt(scenario, 'PATCH', /\/secrets\/headlamp-oidc-entra$/, rotation);
    const result = await scenario.run(rotation);
    expect([result.error, (await other())?.error]).toEqual(['', '']);
    expect(result.output).toContain('Another run has stored client secret');
    const newest = vaultSecrets(scenario).at(-1)?.value ?? '';
    const inCluster = stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data');
    expect(inCluster['OIDC_CLIENT_SECRET']).toBe(Buffer.from(newest).toString('base64'));
    expect(scenario.cluster.headlamps().map(({ clientSecret }) => clientSecret)).toEqual([newest]);
    expect(registration(scenario).passwordCredentials.map(({ secretText }) => secretText)).toContain(newest);
  });

  it('put back what the other one took off a shared registration', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const stop = scenario.box.faults.onExecuted(({ method, url }) => {
      if (method !== 'PATCH' || !url.pathname.startsWith('/v1.0/applications/')) return;
      stop();
      // The other one had read the lists before ours were written.
      const application = registration(scenario);
      const web = object(application.properties, 'web');
      application.properties = {
        ...application.properties,
        web: { ...web, redirectUris: ['https://other.example/oidc-callback'] },
        requiredResourceAccess: [],
      };
    });
    const { error } = await scenario.run({ url: 'https://headlamp.example' });
    expect(error).toBe('');
    expect(strings(registration(scenario).properties, 'web', 'redirectUris')).toEqual([
      'https://other.example/oidc-callback',
      'https://headlamp.example/oidc-callback',
    ]);
    expect((await scenario.run({ url: 'https://headlamp.example' })).outputs['changes']).toBe('[]');
  });
});
