import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { text } from '../../emulator/lib/json.ts';
import { createMany, fieldOf, groupsOf, listed, named, resultsOf } from './many.ts';
import { expectRefusal } from './refusal.ts';

const OTHER = '33333333-4444-5555-6666-777777777777';

describe('many clusters in one step', () => {
  it('are deployed with one sign-in, one look at the APIs, one chart; a second run writes nothing', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    const clusters = '- cluster-name: aks-a\n- {cluster-name: aks-b, url: https://b.contoso.com}\n';
    const first = await scenario.many({ clusters });
    expect(first.error).toBe('');
    expect(fieldOf(first, 'result')).toEqual({ 'aks-a': 'success', 'aks-b': 'success' });
    expect(resultsOf(first)['aks-b']).toMatchObject({ url: 'https://b.contoso.com', 'secret-rotated': true });
    expect(first.outputs).toMatchObject({ changed: 'true', error: '' });
    const earliest = Object.values(fieldOf(first, 'secret-expires-on')).sort()[0];
    expect(first.outputs['secret-expires-on']).toBe(earliest);
    const { requests } = scenario.emulator;
    const count = (part: string) =>
      requests.all().filter(({ path, method }) => `${method} ${path}`.includes(part)).length;
    expect(count('GET /v1.0/servicePrincipals(appId')).toBeLessThanOrEqual(2 + 2);
    expect(count('headlamp-0.45.0.tgz')).toBe(1);
    requests.clear();
    const second = await scenario.many({ clusters });
    expect(second.error).toBe('');
    expect(fieldOf(second, 'changed')).toEqual({ 'aks-a': false, 'aks-b': false });
    expect(second.outputs['changed']).toBe('false');
    expect(requests.writes()).toEqual([]);
    expect(requests.all().filter(({ path }) => /\/oauth2\/v2.0\/token$/.test(path)).length).toBeLessThanOrEqual(4 + 2);
    expect(second.summary).toContain('## ✅ Headlamp on 2 clusters: nothing to change');
  });

  it('fail alone: the others are done, the page begins with what failed and its fix, and the run fails at the end', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    const result = await scenario.many({
      clusters: listed({ 'cluster-name': 'aks-gone' }, { 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-b' }),
    });
    expect(result.exitCode).toBe(1);
    expect(fieldOf(result, 'result')).toEqual({ 'aks-gone': 'failure', 'aks-a': 'success', 'aks-b': 'success' });
    expect(result.outputs['error']).toMatch(
      /^clusters-failed: 1 of 3 clusters failed\. [\s\S]*aks-gone in rg-platform: cluster-not-found: [\s\S]* Fix: /,
    );
    expect(text(resultsOf(result)['aks-gone'], 'error')).toMatch(/^cluster-not-found: [\s\S]* Fix: /);
    const page = result.outputs['page'] ?? '';
    expect(page).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 2 changed');
    expect(page.indexOf('### ❌ aks-gone')).toBeLessThan(page.indexOf('**How to fix it:**'));
    expect(page.indexOf('**How to fix it:**')).toBeLessThan(page.indexOf('| **aks-a**'));
    expect(result.summary.trim()).toBe(page.trim());
  });

  it('stop after so many failures, and say which were not started', async () => {
    const scenario = await createMany(named('aks-a'));
    const clusters = listed({ 'cluster-name': 'aks-x' }, { 'cluster-name': 'aks-y' }, { 'cluster-name': 'aks-a' });
    const result = await scenario.many({ clusters, parallel: '1', 'stop-after-failures': '1' });
    expect(result.exitCode).toBe(1);
    expect(fieldOf(result, 'result')).toEqual({ 'aks-x': 'failure', 'aks-y': 'skipped', 'aks-a': 'skipped' });
    expect(result.outputs['page']).toContain('1 failed, 2 not started');
    expect(scenario.emulator.requests.all().filter(({ path }) => path.includes('/aks-a'))).toEqual([]);
  });

  it('go in waves: a later one begins only if the one before has ended without failure', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b', 'aks-c'));
    const entries = [
      { 'cluster-name': 'aks-c' },
      { 'cluster-name': 'aks-b', wave: 2 },
      { 'cluster-name': 'aks-a', wave: 1 },
    ];
    const good = await scenario.many({ clusters: listed(...entries) });
    expect(good.error).toBe('');
    const order = [...groupsOf(good).keys()].map((title) => title.split(' ')[0]).filter(Boolean);
    expect(order).toEqual(['aks-a', 'aks-b', 'aks-c']);
    const bad = await scenario.many({ clusters: listed(...entries, { 'cluster-name': 'aks-gone', wave: 1 }) });
    expect(fieldOf(bad, 'result')).toEqual({
      'aks-c': 'skipped',
      'aks-b': 'skipped',
      'aks-a': 'success',
      'aks-gone': 'failure',
    });
  });

  it('rotate and plan and are examined like one', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    const clusters = listed({ 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-b' });
    const planned = await scenario.many({ mode: 'plan', clusters });
    expect(planned.error).toBe('');
    expect(planned.outputs['changed']).toBe('false');
    expect(planned.summary).toContain('## 🔍 Headlamp on 2 clusters: 2 would change');
    expect(scenario.emulator.requests.writes()).toEqual([]);
    const examined = await scenario.many({ mode: 'doctor', clusters });
    expect(examined.error).toBe('');
    expect(examined.summary).toContain('## ✅ Headlamp on 2 clusters: ready to deploy');
    expect((await scenario.many({ clusters })).error).toBe('');
    const rotated = await scenario.many({ mode: 'rotate', clusters, rotate: 'force' });
    expect(rotated.error).toBe('');
    expect(fieldOf(rotated, 'secret-rotated')).toEqual({ 'aks-a': true, 'aks-b': true });
    expect(rotated.summary).toContain('2 with a new client secret');
    for (const name of ['aks-a', 'aks-b'])
      expect(scenario.emulator.keyVault.secrets('kv-platform').versions(`headlamp-${name}-client-secret`)).toHaveLength(
        2,
      );
  });

  it('have a folder each, and leave none with tokens or kubeconfigs behind', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    const clusters = listed({ 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-b' });
    expect((await scenario.many({ clusters })).error).toBe('');
    expect(await readdir(scenario.runner.temp)).toEqual([]);
    const traces = (await scenario.helmTraces()).join('\n');
    expect(traces).toMatch(/cluster-0\/kubeconfig/);
    expect(traces).toMatch(/cluster-1\/kubeconfig/);
  });

  it('sign in once before all: what keeps the identity out is told once', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    for (const credential of scenario.deployer.application.federatedIdentityCredentials)
      Object.assign(credential, { subject: 'repo:other/other:ref:refs/heads/main' });
    const result = await scenario.many({ clusters: listed({ 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-b' }) });
    expectRefusal(result, 'federated-credential-missing');
    expect(result.output.match(/^::error.*federated-credential-missing/gm)?.length).toBe(1);
  });
});

describe('throttling', () => {
  it('of a subscription holds back everything that goes there, with at most one probe a second, and a line of the log every ten seconds says how far the run is', async () => {
    const scenario = await createMany([
      ...named('aks-a', 'aks-b', 'aks-c'),
      { name: 'aks-other', subscriptionId: OTHER, resourceGroup: 'rg-other' },
    ]);
    const { emulator, subscriptionId } = scenario;
    const clusters = listed(...['aks-a', 'aks-b', 'aks-c'].map((name) => ({ 'cluster-name': name })), {
      'cluster-name': 'aks-other',
      'subscription-id': OTHER,
      'resource-group': 'rg-other',
    });
    expect((await scenario.many({ clusters })).error).toBe('');
    emulator.requests.clear();
    const isOfSubscription = (host: string, path: string) =>
      host === 'management.azure.com' && path.toLowerCase().startsWith(`/subscriptions/${subscriptionId}/`);
    let since: number | undefined;
    emulator.faults.add({
      matches: ({ url }) => {
        if (!isOfSubscription(url.hostname, url.pathname)) return false;
        since ??= emulator.clock.now();
        return emulator.clock.now() < since + 30_000;
      },
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: {} },
    });
    const result = await scenario.many({ clusters });
    expect(result.error).toBe('');
    const refused = emulator.requests.all().filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(10);
    expect(emulator.requests.all().filter(({ path, status }) => status === 429 && path.includes(OTHER))).toEqual([]);
    // The first answers cross on the way; from then on it is one in each second.
    const probes = refused.map(({ startedAt }) => startedAt).filter((at) => at > (since ?? 0) + 1_000);
    expect(probes.length).toBeLessThanOrEqual(30);
    // Of these four, only the one in another subscription can be done in the first 20 seconds.
    const told = [...result.output.matchAll(/^(\d\d):(\d\d)\.\d {2}(\d of 4 clusters done: .*)$/gm)];
    const [first, second] = told.map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(9);
    for (const [, , , line] of told.slice(0, 2))
      expect(line).toMatch(/^[01] of 4 clusters done: 0 changed, 0 failed, throttled \d+ times$/);
    expect(told[1]?.[3]).not.toContain('throttled 0 times');
    expect(told.length).toBeLessThan(12);
  });
});
