import { describe, expect, it } from 'vitest';
import { redirectUrisOf } from '../../emulator/entra/objects.ts';
import { list, object, stringMap, strings, text } from '../../emulator/lib/json.ts';
import {
  createScenario,
  deployment,
  registration,
  releases,
  type Scenario,
  vaultSecrets,
  withEntra,
} from './scenario.ts';

const url = 'https://headlamp.contoso.com';

const ingress = `
ingress:
  enabled: true
  ingressClassName: nginx
  annotations: {cert-manager.io/cluster-issuer: letsencrypt}
  hosts: [{host: headlamp.contoso.com, paths: [{path: /, type: Prefix}]}]
  tls: [{secretName: headlamp-tls, hosts: [headlamp.contoso.com]}]`;

const httpRoute = `
httpRoute:
  enabled: true
  parentRefs: [{name: gateway, namespace: gateways}]
  hostnames: [headlamp.contoso.com]`;

describe('Headlamp behind an ingress', () => {
  it('redirects people back to the URL they came from, whatever headers the ingress sets', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ url, values: ingress });
    expect(result.error).toBe('');
    expect(result.output).toContain('Headlamp redirects to Entra with the right client ID');
    expect(redirectUrisOf(registration(scenario))).toEqual([`${url}/oidc-callback`]);
    const rule = scenario.cluster.get('Ingress', 'headlamp', 'headlamp-oidc');
    expect(object(rule, 'spec')).toMatchObject({
      ingressClassName: 'nginx',
      tls: [{ secretName: 'headlamp-tls', hosts: ['headlamp.contoso.com'] }],
      rules: [{ host: 'headlamp.contoso.com' }],
    });
    expect((await scenario.run({ url, values: ingress })).outputs['changes']).toBe('[]');
  });

  it('with the Gateway API does the same', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    expect((await scenario.run({ url, values: httpRoute })).error).toBe('');
    const route = scenario.cluster.get('HTTPRoute', 'headlamp', 'headlamp-oidc');
    expect(object(route, 'spec')).toMatchObject({
      hostnames: ['headlamp.contoso.com'],
      parentRefs: [{ name: 'gateway', namespace: 'gateways' }],
    });
    expect((await scenario.run({ url, values: httpRoute })).outputs['changes']).toBe('[]');
  });

  it('that serves another host than url gives a warning', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const result = await scenario.run({ url: 'https://elsewhere.contoso.com', values: ingress });
    expect(result.error).toBe('');
    expect(result.warnings.join()).toContain('headlamp.contoso.com');
    expect((await scenario.run({ url, values: ingress })).warnings.join()).not.toContain('headlamp.contoso.com');
  });
});

describe('more redirect URIs', () => {
  it('are added, and stay when they are no longer named', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const more = ['https://a.contoso.com/oidc-callback', 'http://localhost:4466/oidc-callback'];
    await scenario.run({ 'additional-redirect-uris': more.join('\n') });
    const all = ['http://localhost:8000/oidc-callback', ...more];
    expect(redirectUrisOf(registration(scenario))).toEqual(all);
    const without = await scenario.run();
    expect(without.outputs['changes']).toBe('[]');
    expect(redirectUrisOf(registration(scenario))).toEqual(all);
  });
});

describe("the user's values", () => {
  it('reach the chart unchanged: plugins, arguments, environment, labels', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const values = `
config: {pluginsDir: /plugins, extraArgs: [-enable-helm]}
env: [{name: HTTPS_PROXY, value: 'http://proxy:3128'}]
podLabels: {team: platform}`;
    expect((await scenario.run({ values })).error).toBe('');
    const template = object(deployment(scenario), 'spec', 'template');
    const [container] = list(template, 'spec', 'containers');
    expect(strings(container, 'args')).toEqual(expect.arrayContaining(['-plugins-dir=/plugins', '-enable-helm']));
    expect(list(container, 'env')).toEqual(
      expect.arrayContaining([{ name: 'HTTPS_PROXY', value: 'http://proxy:3128' }]),
    );
    expect(stringMap(template, 'metadata', 'labels')['team']).toBe('platform');
    expect(scenario.cluster.list('ClusterRoleBinding').map((binding) => text(binding, 'metadata', 'name'))).toEqual([
      'cluster-admin',
    ]);
  });
});

describe('two Headlamps on one cluster', () => {
  const second = { 'release-name': 'headlamp-team', namespace: 'team', url: 'https://team.contoso.com' };
  const passwords = (scenario: Scenario) =>
    registration(scenario).passwordCredentials.map(({ secretText }) => secretText);
  const inCluster = (scenario: Scenario, namespace: string, name: string) =>
    Buffer.from(
      stringMap(scenario.cluster.get('Secret', namespace, name), 'data')['OIDC_CLIENT_SECRET'] ?? '',
      'base64',
    ).toString();

  it('share the registration and the secret, and both keep working when one rotates', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const own = () => inCluster(scenario, 'headlamp', 'headlamp-oidc-entra');
    const others = () => inCluster(scenario, 'team', 'headlamp-team-entra');
    expect((await scenario.run()).error).toBe('');
    expect((await scenario.run(second)).error).toBe('');
    expect(redirectUrisOf(registration(scenario))).toEqual([
      'http://localhost:8000/oidc-callback',
      'https://team.contoso.com/oidc-callback',
    ]);
    expect(own()).toBe(others());

    scenario.emulator.clock.advance(2 * 86_400_000);
    const due = { mode: 'rotate', 'rotate-before': '89d' };
    const rotated = await scenario.run(due);
    expect(rotated.error).toBe('');
    expect(rotated.output).toContain('are kept until the next run for team/headlamp-team');
    expect(passwords(scenario).sort()).toEqual([own(), others()].sort());
    expect((await scenario.run()).outputs['changes']).toBe('[]');
    expect(passwords(scenario)).toContain(others());

    expect((await scenario.run({ ...second, mode: 'rotate' })).error).toBe('');
    expect(passwords(scenario)).toEqual([own()]);
    expect(others()).toBe(own());
    expect((await scenario.run()).outputs['changes']).toBe('[]');
    expect((await scenario.run(second)).outputs['changes']).toBe('[]');
    expect(vaultSecrets(scenario)).toHaveLength(2);
    expect(releases(scenario)).toHaveLength(1);
  });

  it('share the registration and the secret until the last of them is destroyed', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const destroy = { mode: 'destroy', 'confirm-destroy': 'aks-demo' };
    await scenario.run();
    await scenario.run(second);
    const first = await scenario.run(destroy);
    expect(first.error).toBe('');
    expect(first.output).toContain('is still used by team/headlamp-team');
    expect(registration(scenario).deletedAt).toBeUndefined();
    expect(passwords(scenario)).toEqual([inCluster(scenario, 'team', 'headlamp-team-entra')]);
    expect((await scenario.run(second)).outputs['changes']).toBe('[]');
    expect((await scenario.run({ ...second, ...destroy })).error).toBe('');
    expect(registration(scenario).deletedAt).toBeDefined();
  });

  it("with separate secrets never touch each other's", async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const team = { ...second, 'key-vault-secret-name': 'headlamp-team' };
    await scenario.run();
    await scenario.run(team);
    expect(passwords(scenario)).toHaveLength(2);
    expect((await scenario.run({ rotate: 'force' })).error).toBe('');
    expect(passwords(scenario)).toEqual(
      expect.arrayContaining([
        inCluster(scenario, 'headlamp', 'headlamp-oidc-entra'),
        inCluster(scenario, 'team', 'headlamp-team-entra'),
      ]),
    );
    expect(passwords(scenario)).toHaveLength(2);
    expect((await scenario.run(team)).outputs['changes']).toBe('[]');
  });
});
