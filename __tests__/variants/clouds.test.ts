import { describe, expect, it } from 'vitest';
import { clouds } from '../../emulator/lib/clouds.ts';
import { stringMap } from '../../emulator/lib/json.ts';
import { createScenario } from '../scenarios/scenario.ts';

const secretOf = (scenario: Awaited<ReturnType<typeof createScenario>>) =>
  Object.fromEntries(
    Object.entries(stringMap(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data')).map(
      ([key, value]) => [key, Buffer.from(value, 'base64').toString()],
    ),
  );

describe('a national cloud', () => {
  it.each([
    ['AzureUSGovernment', 'https://login.microsoftonline.us/TENANT/v2.0', 'https://sts.windows.net/TENANT/'],
    ['AzureChinaCloud', 'https://login.partner.microsoftonline.cn/TENANT/v2.0', 'https://sts.chinacloudapi.cn/TENANT/'],
  ] as const)(
    '%s is deployed to end to end, without a request to another cloud',
    async (environment, issuer, validator) => {
      const scenario = await createScenario({ cloud: clouds[environment] });
      const result = await scenario.run({ environment });
      expect(result.error).toBe('');
      const tenant = scenario.inputs['tenant-id'] ?? '';
      expect(secretOf(scenario)).toMatchObject({
        OIDC_ISSUER_URL: issuer.replace('TENANT', tenant),
        OIDC_VALIDATOR_ISSUER_URL: validator.replace('TENANT', tenant),
      });
      expect(result.outputs['issuer-url']).toBe(issuer.replace('TENANT', tenant));
      expect(result.output).toContain('Headlamp redirects to Entra with the right client ID');
      expect(scenario.emulator.requests.all().filter(({ service }) => service === 'unknown host')).toEqual([]);
      const again = await scenario.run({ environment });
      expect(again.outputs['changes']).toBe('[]');
      expect((await scenario.run({ environment, mode: 'rotate', rotate: 'force' })).error).toBe('');
    },
  );

  it('is not mistaken for the public cloud, which has no such tenant, vault or cluster', async () => {
    const scenario = await createScenario({ cloud: clouds.AzureUSGovernment });
    const result = await scenario.run();
    expect(result.exitCode).toBe(1);
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  it('accepts an audience for the ID token that differs from its default', async () => {
    const scenario = await createScenario({ cloud: clouds.AzureChinaCloud });
    const result = await scenario.run({ environment: 'AzureChinaCloud', audience: 'api://AzureADTokenExchange' });
    expect(result.error).toMatch(/^federated-credential-missing: [\s\S]*audience api:\/\/AzureADTokenExchange\n/);
  });
});
