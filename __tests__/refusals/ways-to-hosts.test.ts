import { describe, expect, it } from 'vitest';
import { doctor, plainRowOf } from '../scenarios/doctor-verdicts.ts';
import { createFromNothing } from '../scenarios/from-nothing.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, withEntra } from '../scenarios/scenario.ts';
import { createWithNamespace } from '../scenarios/with-namespace.ts';
import { filteringProxy } from './filtering-proxy.ts';

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

describe('a host that the proxy does not connect to ends a deployment with the cause and the fix that mode doctor tells:', () => {
  const hosts: readonly (readonly [what: string, host: string, id: string, ...said: string[]])[] = [
    ['the sign-in', 'login.microsoftonline.com', 'host-unreachable', 'Signing in to Entra failed for application'],
    ['Microsoft Graph', 'graph.microsoft.com', 'host-unreachable', 'failed: graph.microsoft.com cannot be reached'],
    ['Azure Resource Manager', 'management.azure.com', 'host-unreachable', 'failed: management.azure.com cannot be'],
    ['the key vault', 'kv-platform.vault.azure.net', 'vault-unreachable', 'so it exists'],
    ['the API server', 'azmk8s.io', 'cluster-unreachable', 'set cluster-access to command'],
    ["GitHub's ID tokens", 'actions.githubusercontent.com', 'host-unreachable', 'Requesting an ID token from GitHub'],
  ];
  it.each(hosts)('%s', async (_, host, id, ...said) => {
    const scenario = await createScenario({ cluster: withEntra() });
    const proxy = await filteringProxy(scenario.emulator.proxyUrl, new RegExp(host));
    const result = await scenario.run({}, { HTTPS_PROXY: proxy });
    const cause = `The proxy does not connect to it (the proxy ${new URL(proxy).host} answered 403 to CONNECT`;
    expectRefusal(result, id, ...said, host, cause, 'at the proxy, or name it in NO_PROXY');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
