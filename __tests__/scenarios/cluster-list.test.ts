import { describe, expect, it } from 'vitest';
import { createMany, fieldOf, listed, resultsOf } from './many.ts';
import { expectRefusal } from './refusal.ts';
import { createScenario } from './scenario.ts';

const OTHER = '33333333-4444-5555-6666-777777777777';

describe('a list of clusters', () => {
  it('is refused with all mistakes of all entries at once, before any request', async () => {
    const scenario = await createScenario();
    const result = await scenario.run({
      'cluster-name': '',
      clusters: listed(
        { 'cluster-name': 'aks-a', url: 'http://contoso.com' },
        { 'cluster-name': 'aks-b', chrat: 'x' },
        { 'cluster-name': 'aks-c', 'tenant-id': OTHER, wave: 0 },
        { url: 'https://contoso.com' },
        { 'cluster-name': 'AKS-B' },
      ),
    });
    expectRefusal(
      result,
      'invalid-inputs',
      '- clusters[0] (aks-a): url: ',
      '- clusters[1] (aks-b): chrat: is not an input of this action',
      '- clusters[2] (aks-c): tenant-id: is the same for all clusters of a run',
      '- clusters[2] (aks-c): wave: "0" is not a number',
      '- clusters[3] (without a name): cluster-name: is required',
    );
    expectRefusal(
      await scenario.run({ 'cluster-name': '', clusters: listed({ 'cluster-name': 'a' }, { 'cluster-name': 'A' }) }),
      'invalid-inputs',
      'is listed more than once',
    );
    expectRefusal(
      await scenario.run({ clusters: 'aks-a, aks-b', parallel: '0', 'stop-after-failures': 'few', mode: 'destroy' }),
      'invalid-inputs',
      '- clusters: must be a JSON or YAML list',
      '- parallel: ',
      '- stop-after-failures: ',
      '- mode: destroy removes one cluster at a time',
      '- cluster-name: is for a run on one cluster',
    );
    expect(scenario.emulator.requests.all()).toEqual([]);
  });

  it('must not keep two client secrets under one name', async () => {
    const scenario = await createScenario();
    const clusters = listed({ 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-a', 'resource-group': 'rg-other' });
    expectRefusal(
      await scenario.run({ 'cluster-name': '', clusters }),
      'invalid-inputs',
      'secret headlamp-aks-a-client-secret in vault kv-platform would be used by several clusters',
    );
  });
});

describe('cluster-selector', () => {
  const tagged = [
    { name: 'aks-a', tags: { headlamp: 'enabled', env: 'prod' } },
    { name: 'aks-b', tags: { headlamp: 'enabled', url: 'https://evil.example', mode: 'destroy' } },
    { name: 'aks-c', tags: { headlamp: 'enabled', env: 'dev' } },
    { name: 'aks-d', tags: { headlamp: 'disabled' } },
    { name: 'aks-e', tags: { headlamp: 'enabled' }, subscriptionId: OTHER, resourceGroup: 'rg-übrige(平台)' },
    { name: 'aks-f', tags: { headlamp: 'enabled' } },
  ];

  it('finds clusters of all subscriptions, page by page; the list says what differs and leaves out', async () => {
    const scenario = await createMany(tagged);
    scenario.emulator.arm.settings.resourceGraphPage = 2;
    const result = await scenario.many({
      mode: 'plan',
      'cluster-selector': 'headlamp=enabled, env!=dev',
      clusters: listed(
        { 'cluster-name': 'aks-a', url: 'https://a.contoso.com' },
        { 'cluster-name': 'aks-f', exclude: true },
        { 'cluster-name': 'aks-z', url: 'https://z.contoso.com' },
      ),
    });
    expect(result.error).toBe('');
    expect(fieldOf(result, 'url')).toEqual({
      'aks-a': 'https://a.contoso.com',
      'aks-b': 'http://localhost:8000',
      'aks-e': 'http://localhost:8000',
    });
    expect(resultsOf(result)['aks-e']).toMatchObject({ 'subscription-id': OTHER, 'resource-group': 'rg-übrige(平台)' });
    expect(result.warnings.join('\n')).toContain('clusters[2] (aks-z) is not among the clusters found');
    const pages = scenario.emulator.requests.all().filter(({ path }) => path.includes('ResourceGraph'));
    expect(pages).toHaveLength(2);
  });

  it('quotes its values, whatever they hold', async () => {
    const odd = `it's \\ "x" | project tags`;
    const scenario = await createMany([{ name: 'aks-odd', tags: { note: odd } }, ...tagged]);
    const result = await scenario.many({ mode: 'plan', 'cluster-selector': `note=${odd},note` });
    expect(result.error).toBe('');
    expect(Object.keys(resultsOf(result))).toEqual(['aks-odd']);
  });

  it('that finds no cluster fails, and so does an identity that may read none', async () => {
    const scenario = await createMany(tagged);
    expectRefusal(
      await scenario.many({ 'cluster-selector': 'headlamp=Enabled' }),
      'no-cluster-selected',
      'sees 2 subscription(s) (',
      'Reader',
    );
    for (const role of [
      'Reader',
      'Headlamp AKS Entra deployer',
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service Cluster Admin Role',
    ])
      scenario.emulator.arm.assignments.revoke(scenario.deployer.principal.id, role);
    expectRefusal(
      await scenario.many({ 'cluster-selector': 'headlamp' }),
      'no-cluster-selected',
      'no AKS cluster that it may read there',
      'Reader',
    );
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });

  describe('is a check of mode doctor', () => {
    const TITLE = 'Clusters of cluster-selector';

    it('that says how many clusters it finds', async () => {
      const scenario = await createMany(tagged);
      const result = await scenario.many({ mode: 'doctor', 'cluster-selector': 'headlamp=enabled,env!=dev' });
      expect(result.output).toMatch(new RegExp(`ok +${TITLE} +4 found by Azure Resource Graph`));
    });

    it('that fails if it finds none, or if Resource Graph refuses, each with the fix of its cause', async () => {
      const scenario = await createMany(tagged);
      const none = await scenario.many({ mode: 'doctor', 'cluster-selector': 'headlamp=Enabled' });
      expectRefusal(none, 'no-cluster-selected', 'sees 2 subscription(s) (', 'correct cluster-selector');
      expect(none.output).toMatch(/ok +Sign-in to Entra +accepted/);
      expect(none.output).toMatch(new RegExp(`failed +${TITLE} +no-cluster-selected: `));
      scenario.emulator.faults.add({
        matches: ({ url }) => url.pathname.includes('ResourceGraph'),
        fault: { kind: 'status', status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
      });
      const refused = await scenario.many({ mode: 'doctor', 'cluster-selector': 'headlamp=enabled' });
      expectRefusal(refused, 'arm-permission-missing', '--role Reader --scope /subscriptions/SUBSCRIPTION_ID');
      expect(refused.output).toMatch(new RegExp(`failed +${TITLE} +arm-permission-missing: `));
    });

    it('that is not made if sign-in fails', async () => {
      const scenario = await createMany(tagged);
      for (const credential of scenario.deployer.application.federatedIdentityCredentials)
        Object.assign(credential, { subject: 'repo:other/other:ref:refs/heads/main' });
      const result = await scenario.many({ mode: 'doctor', 'cluster-selector': 'headlamp=enabled' });
      expectRefusal(result, 'federated-credential-missing');
      expect(result.output).toMatch(/failed +Sign-in to Entra +federated-credential-missing: /);
      expect(result.output).toMatch(new RegExp(`not checked +${TITLE} +Sign-in to Entra failed`));
    });
  });

  it('obeys the throttling of Resource Graph', async () => {
    const scenario = await createMany(tagged);
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.includes('ResourceGraph'),
      times: 2,
      fault: {
        kind: 'status',
        status: 429,
        headers: { 'x-ms-user-quota-remaining': '0', 'x-ms-user-quota-resets-after': '00:00:05' },
        body: {},
      },
    });
    const result = await scenario.many({ mode: 'plan', 'cluster-selector': 'headlamp=disabled' });
    expect(result.error).toBe('');
    expect(result.output).toContain('management.azure.com answered 429; trying again in 5s');
    const times = scenario.emulator.requests
      .all()
      .filter(({ path }) => path.includes('ResourceGraph'))
      .map(({ startedAt }) => startedAt);
    expect((times[2] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(9_000);
  });

  it('says so if the identity reads more subscriptions than Resource Graph searches', async () => {
    const scenario = await createMany(tagged);
    scenario.emulator.arm.settings.resourceGraphSubscriptions = 1;
    const result = await scenario.many({ mode: 'plan', 'cluster-selector': 'headlamp=enabled,env!=dev' });
    expect(result.error).toBe('');
    expect(Object.keys(resultsOf(result))).toEqual(['aks-a', 'aks-b', 'aks-f']);
    expect(result.warnings.join('\n')).toContain('searches at most 10,000 subscriptions, and the deploying identity');
    scenario.emulator.arm.settings.resourceGraphSubscriptions = 2;
    const whole = await scenario.many({ mode: 'plan', 'cluster-selector': 'headlamp=enabled,env!=dev' });
    expect(Object.keys(resultsOf(whole))).toContain('aks-e');
    expect(whole.warnings.join('\n')).not.toContain('10,000 subscriptions');
  });

  it('that is ambiguous for an entry, or not a selector, is a mistake', async () => {
    const scenario = await createMany([
      { name: 'aks-a', tags: { headlamp: '' } },
      { name: 'aks-a', tags: { headlamp: '' }, subscriptionId: OTHER, resourceGroup: 'rg-other' },
    ]);
    expectRefusal(
      await scenario.many({
        'cluster-selector': 'headlamp',
        clusters: listed({ 'cluster-name': 'aks-a', url: 'https://a.contoso.com' }),
      }),
      'invalid-inputs',
      'clusters[0] (aks-a): is the name of several of the clusters found',
      'would be used by several clusters',
    );
    expectRefusal(await scenario.many({ 'cluster-selector': 'headlamp=,=x,a<b' }), 'invalid-inputs', '"=x"', '"a<b"');
    expect(scenario.emulator.requests.writes()).toEqual([]);
  });
});
