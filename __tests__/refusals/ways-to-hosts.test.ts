import { describe, expect, it } from 'vitest';
import { doctor, plainRowOf } from '../scenarios/doctor-verdicts.ts';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createWithNamespace } from '../scenarios/with-namespace.ts';

describe('mode doctor says by which way each host answers', () => {
  it('by the proxy, all of them', async () => {
    const scenario = await createWithNamespace();
    const result = await doctor(scenario);
    const hosts = ['sign-in', 'Microsoft Graph', 'Azure Resource Manager', 'the key vault', 'the chart'];
    for (const host of hosts)
      expect(plainRowOf(result, `Way to ${host}`)).toMatch(/\| ok \|.* answers, reached by the proxy /);
    expect(plainRowOf(result, 'API server')).toContain('reached by the proxy ');
  });

  it('and what is in the way of one that does not, apart from roles and firewall', async () => {
    const scenario = await createWithNamespace();
    scenario.vault.outOfReach = true;
    const result = await doctor(scenario);
    const id = 'host-unreachable';
    expectRefusal(result, 'doctor-found-problems', `- ${id}: `, 'The proxy does not connect to it', 'NO_PROXY');
    expect(plainRowOf(result, 'Way to the key vault')).toMatch(/\| failed \|/);
    scenario.vault.outOfReach = false;
    scenario.vault.firewallDenies = true;
    const firewall = await doctor(scenario);
    expectRefusal(firewall, 'doctor-found-problems', '- vault-firewall: ');
    expect(plainRowOf(firewall, 'Way to the key vault')).toMatch(/\| ok \|/);
  });

  it('and not of a vault that a deployment will create', async () => {
    const scenario = await createFromNothing();
    expect(plainRowOf(await doctor(scenario), 'Way to the key vault')).toContain('there is no vault yet');
  });
});
