import { describe, expect, it } from 'vitest';
import { expectRefusal } from './refusal.ts';
import { createScenario } from './scenario.ts';

describe('wrong inputs', () => {
  it('are reported all at once, before any request', async () => {
    const scenario = await createScenario();
    const result = await scenario.run({
      'client-id': 'not-a-uuid',
      'cluster-name': '',
      'secret-lifetime': '3y',
      'rotate-before': '2y',
      url: 'http://headlamp.contoso.com',
      access: 'view: developers',
      values: 'config:\n  oidc:\n    clientSecret: abc',
      'values-files': 'missing.yaml',
      'wait-timeout': 'soon',
    });
    const inputs = [
      'client-id',
      'cluster-name',
      'secret-lifetime',
      'url',
      'access',
      'values',
      'values-files',
      'wait-timeout',
    ];
    expectRefusal(result, 'invalid-inputs', ...inputs.map((name) => `- ${name}: `), 'config.oidc.clientSecret');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  it('include a secret-lifetime that is not longer than rotate-before', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'secret-lifetime': '4w', 'rotate-before': '28d' }),
      'invalid-inputs',
      '- rotate-before: ',
    );
  });

  it('include a chart version that is too old, with the reason, before any request', async () => {
    const scenario = await createScenario();
    expectRefusal(
      await scenario.run({ 'chart-version': '0.37.0' }),
      'chart-too-old',
      '0.37.0',
      'useAccessToken',
      '0.38.0',
    );
    expectRefusal(await scenario.run({ 'chart-version': '0.30.1' }), 'chart-too-old', 'validatorClientID');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });
});
