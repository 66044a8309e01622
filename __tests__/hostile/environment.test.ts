import { describe, expect, it } from 'vitest';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';

describe("a variable of the job's environment", () => {
  it('does not make the run trust any certificate', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: '' };
    expectRefusal(await scenario.run({ mode: 'plan' }, environment), 'host-unreachable', 'NODE_EXTRA_CA_CERTS');
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  it('does not make the run sign in at another host', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const environment = {
      AZURE_AUTHORITY_HOST: 'https://login.attacker.example',
      MSAL_FORCE_REGION: 'attacker.example/',
    };
    const result = await scenario.run({ mode: 'plan' }, { ...environment, AZURE_REGIONAL_AUTHORITY_NAME: 'attacker' });
    expect(result.error).toBe('');
    expect(scenario.emulator.requests.all().filter(({ host }) => /attacker/.test(host))).toEqual([]);
  });

  it('with the address of a proxy that cannot be read is named, and not quoted', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const environment = { https_proxy: '', HTTPS_PROXY: 'http://somebody:zebra/horse@proxy.example:3128:x' };
    const result = await scenario.run({ mode: 'plan' }, environment);
    expectRefusal(result, 'invalid-inputs', 'HTTPS_PROXY');
    expect(result.output.replaceAll(/^::add-mask::.*\n/gm, '')).not.toMatch(/zebra|horse/);
  });

  it('with the password of a proxy is masked, as programs quote the address of a proxy that they cannot read', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const environment = { HTTP_PROXY: 'http://somebody:correct%20horse%21@proxy.example:3128' };
    const { output } = await scenario.run({ mode: 'plan' }, environment);
    for (const password of ['correct%2520horse%2521', 'correct horse!'])
      expect(output).toContain(`::add-mask::${password}\n`);
  });
});
