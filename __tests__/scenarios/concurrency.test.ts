import { describe, expect, it } from 'vitest';
import { object, put, stringMap, strings } from '../../emulator/lib/json.ts';
import { createRunner, type StepResult } from '../../emulator/runner/runner.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario, registration, releases, type Scenario, vaultSecrets, withEntra } from './scenario.ts';

/** Runs the action a second time, on another runner, at the moment when the first run asks for this. */
function overtakeAt(
  scenario: Scenario,
  [method, path]: readonly [string, RegExp],
  inputs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): () => Promise<StepResult | undefined> {
  let overtaking: Promise<StepResult> | undefined;
  scenario.emulator.faults.onRequest(async (exchange) => {
    if (overtaking || exchange.method !== method || !path.test(exchange.url.pathname)) return;
    const runner = await createRunner();
    overtaking = runner.step({
      inputs: { ...scenario.inputs, ...inputs },
      environment: { ...scenario.emulator.environment(), ...environment },
    });
    await overtaking;
    await runner.remove();
  });
  return async () => overtaking;
}

describe('two runs at once', () => {
  it('leave the cluster with the newer client secret, though the older one is written later', async () => {
    const scenario = await createScenario({ cluster: withEntra(), speed: 1 });
    await scenario.run();
    const rotation = { mode: 'rotate', rotate: 'force' };
    const other = overtakeAt(scenario, ['PATCH', /\/secrets\/headlamp-oidc-entra$/], rotation);
    const result = await scenario.run(rotation);
    expect([result.error, (await other())?.error]).toEqual(['', '']);
    expect(result.output).toContain('Another run stored client secret');
    const newest = vaultSecrets(scenario).at(-1)?.value ?? '';
    const inCluster = stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data');
    expect(inCluster['OIDC_CLIENT_SECRET']).toBe(Buffer.from(newest).toString('base64'));
    expect(scenario.cluster.headlamps().map(({ clientSecret }) => clientSecret)).toEqual([newest]);
    expect(registration(scenario).passwordCredentials.map(({ secretText }) => secretText)).toContain(newest);
  });

  it('leave url as a deployment has set it, though a rotation that does not know it writes later', async () => {
    const scenario = await createScenario({ cluster: withEntra(), speed: 1 });
    await scenario.run();
    const url = { url: 'https://headlamp.contoso.com', verify: 'false' };
    const other = overtakeAt(scenario, ['PATCH', /\/secrets\/headlamp-oidc-entra$/], url);
    const rotation = await scenario.run({ mode: 'rotate', rotate: 'force' });
    expect((await other())?.error).toBe('');
    expectRefusal(rotation, 'headlamp-redirect-wrong', 'another url', 'A deployment changed it during this run');
    const callback = () =>
      Buffer.from(
        stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data')['OIDC_CALLBACK_URL'] ?? '',
        'base64',
      ).toString();
    expect(callback()).toBe('https://headlamp.contoso.com/oidc-callback');
    expect((await scenario.run(url)).error).toBe('');
    const newest = vaultSecrets(scenario).at(-1)?.value;
    expect(scenario.cluster.headlamps().map(({ clientSecret }) => clientSecret)).toEqual([newest]);
    expect(registration(scenario).passwordCredentials.map(({ secretText }) => secretText)).toEqual([newest]);
  });

  it("use the secret in the vault if one run removes the other's new one as a leftover", async () => {
    const scenario = await createScenario({ cluster: withEntra(), speed: 4 });
    const { clock } = scenario.emulator;
    await scenario.run({}, clock.environment());
    const rotation = { mode: 'rotate', rotate: 'force' };
    // The other one sees the new password before the vault has it.
    const path = /^\/secrets\/headlamp-aks-demo-client-secret$/;
    const other = overtakeAt(scenario, ['PUT', path], rotation, clock.environment());
    const result = await scenario.run(rotation, clock.environment());
    expect([result.error, (await other())?.error]).toEqual(['', '']);
    expect(result.output).toContain('Another run removed client secret');
    const newest = vaultSecrets(scenario).at(-1)?.value ?? '';
    expect(registration(scenario).passwordCredentials.map(({ secretText }) => secretText)).toEqual([newest]);
    expect(scenario.cluster.headlamps().map(({ clientSecret }) => clientSecret)).toEqual([newest]);
  });

  it("wait for each other's helm, and both get what they want", async () => {
    const scenario = await createScenario({ cluster: withEntra(), speed: 1 });
    await scenario.run();
    const other = await createRunner();
    const [upgrading, refused] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let second: Promise<StepResult> | undefined;
    scenario.emulator.faults.onRequest(async ({ method, url }) => {
      if (method === 'GET' && url.pathname === '/version' && !second) {
        second = other.step({
          inputs: { ...scenario.inputs, values: 'podLabels: {second: "true"}' },
          environment: scenario.emulator.environment(),
        });
        await upgrading.promise;
      }
      // The second one's helm is in the middle of its work until the first one's has been told so.
      if (
        method === 'PATCH' &&
        url.pathname.endsWith('/deployments/headlamp-oidc') &&
        !url.searchParams.has('dryRun')
      ) {
        upgrading.resolve();
        await refused.promise;
      }
    });
    const first = await scenario.runner.step({
      inputs: { ...scenario.inputs, values: 'podLabels: {first: "true"}' },
      environment: scenario.emulator.environment(),
      onLine: (line) => line.includes('trying again') && refused.resolve(),
    });
    expect([first.error, (await second)?.error]).toEqual(['', '']);
    expect(first.output).toMatch(/another operation .* is in progress.*trying again/);
    expect(releases(scenario).map(({ status }) => status)).toEqual(['deployed', 'superseded', 'superseded']);
    await other.remove();
  });

  it('restore what the other one removed from a shared registration', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const stop = scenario.emulator.faults.onExecuted(({ method, url }) => {
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

  it('do not undo what the other one wrote while Graph did not answer', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run();
    const others = 'https://other.example/oidc-callback';
    const stop = scenario.emulator.faults.add({
      matches: ({ method, url }) => {
        if (method !== 'PATCH' || !url.pathname.startsWith('/v1.0/applications/')) return false;
        // Written after this run has read the registration, and before its write is tried again.
        const application = registration(scenario);
        const redirectUris = [...strings(application.properties, 'web', 'redirectUris'), others];
        application.properties = put(application.properties, ['web', 'redirectUris'], redirectUris);
        stop();
        return true;
      },
      fault: { kind: 'hang' },
    });
    expect((await scenario.run({ url: 'https://headlamp.example' })).error).toBe('');
    expect(strings(registration(scenario).properties, 'web', 'redirectUris')).toEqual([
      'http://localhost:8000/oidc-callback',
      others,
      'https://headlamp.example/oidc-callback',
    ]);
  });
});
