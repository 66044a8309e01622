import { describe, expect, it } from 'vitest';
import { parseJson, text } from '../../emulator/lib/json.ts';
import { createMany, fieldOf, groupsOf, listed, named } from './many.ts';

describe('many clusters in one step', () => {
  it('have a group in the log each, which nothing else gets into', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b', 'aks-c'));
    scenario.emulator.faults.add({
      matches: ({ url }) => url.hostname === 'graph.microsoft.com',
      times: 3,
      fault: { kind: 'status', status: 429, headers: { 'retry-after': '2' }, body: {} },
    });
    const names = ['aks-a', 'aks-gone', 'aks-b', 'aks-c'];
    const result = await scenario.many({ clusters: listed(...names.map((name) => ({ 'cluster-name': name }))) });
    const groups = groupsOf(result);
    expect([...groups.keys()].map((title) => title.split(' ')[0]).sort()).toEqual(['', ...[...names].sort()]);
    for (const [title, lines] of groups) {
      const own = title.split(' ')[0] ?? '';
      const others = names.filter((name) => name !== own);
      if (own !== '')
        expect(
          lines.filter((line) => others.some((name) => line.includes(`${name} `) || line.includes(`-${name}`))),
        ).toEqual([]);
    }
    expect(groups.get('aks-gone in rg-platform: failed, cluster-not-found')?.join('\n')).toMatch(
      /::error title=aks-gone in rg-platform::cluster-not-found: /,
    );
    // Masks are announced at once, between groups or not at all within one.
    const inside = [...groups].flatMap(([title, lines]) => (title === '' ? [] : lines));
    expect(inside.filter((line) => line.startsWith('::add-mask::'))).toEqual([]);
  });

  it('stay whole in the log while client secrets are replaced, others fail and Entra throttles; each secret is masked before it leaves', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b', 'aks-c', 'aks-d'));
    const { emulator } = scenario;
    const names = ['aks-a', 'aks-b', 'aks-c', 'aks-d'];
    const clusters = listed(...[...names, 'aks-gone'].map((name) => ({ 'cluster-name': name })));
    expect(fieldOf(await scenario.many({ clusters }), 'result')['aks-d']).toBe('success');
    const refuse = (host: string, code: number, path = '') =>
      emulator.faults.add({
        matches: ({ url, method }) => url.hostname === host && url.pathname.includes(path) && method !== 'GET',
        times: 3,
        fault: { kind: 'status', status: code, headers: { 'retry-after': '1' }, body: {} },
      });
    refuse('graph.microsoft.com', 429);
    refuse('kv-platform.vault.azure.net', 429);
    emulator.faults.add({
      matches: ({ url, method }) => method === 'PUT' && url.pathname.includes('headlamp-aks-c-'),
      fault: { kind: 'status', status: 403, body: { error: { code: 'Forbidden', message: 'no' } } },
    });
    const masked: string[] = [];
    const unmasked: string[] = [];
    emulator.faults.onRequest(async ({ method, url, body }) => {
      if (method !== 'PUT' || !url.hostname.endsWith('.vault.azure.net')) return;
      // The request waits here; what the step printed before it may still be on its way.
      await new Promise((resolve) => setTimeout(resolve, 100));
      const value = text(parseJson(body.toString()), 'value') ?? '';
      if (value === '' || !masked.includes(value)) unmasked.push(url.pathname);
    });
    const result = await scenario.runner.step({
      inputs: { ...scenario.inputs, 'cluster-name': '', mode: 'rotate', rotate: 'force', clusters, parallel: '5' },
      environment: { ...emulator.environment(), ...emulator.clock.environment() },
      onLine: (line) => {
        const [, value] = /^::add-mask::(.*)$/.exec(line) ?? [];
        if (value !== undefined) masked.push(value);
      },
    });
    expect(fieldOf(result, 'secret-rotated')).toEqual({
      ...{ 'aks-a': true, 'aks-b': true, 'aks-d': true },
      ...{ 'aks-c': null, 'aks-gone': null },
    });
    expect(emulator.requests.all().filter(({ status }) => status === 429).length).toBeGreaterThan(3);
    expect(unmasked).toEqual([]);
    const groups = groupsOf(result);
    expect([...groups.keys()].map((title) => title.split(' ')[0]).sort()).toEqual(['', ...names, 'aks-gone']);
    for (const [title, lines] of groups) {
      const [own = ''] = title.split(' ');
      const others = [...names, 'aks-gone'].filter((name) => name !== own);
      const strangers = lines.filter((line) => others.some((name) => new RegExp(`${name}(?![\\w])`).test(line)));
      if (own !== '') expect(strangers, title).toEqual([]);
      if (own !== '')
        expect(
          lines.some((line) => /^\d\d:\d\d\.\d {2}/.test(line)),
          title,
        ).toBe(true);
    }
    const secrets = names.flatMap((name) =>
      emulator.keyVault
        .secrets('kv-platform')
        .versions(`headlamp-${name}-client-secret`)
        .map(({ value }) => value),
    );
    expect(secrets).toHaveLength(4 + 3);
    const printed = result.output
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n');
    for (const secret of secrets) expect(printed).not.toContain(secret);
  });

  it('cannot reach into the log of another by what a server answers', async () => {
    const scenario = await createMany(named('aks-a', 'aks-b'));
    const hostile = [
      'no',
      '::endgroup::',
      '::group::aks-b in rg-platform: Done: no changes.',
      '::error::aks-b failed',
      '::add-mask::aks',
      '::set-output name=results::[]',
    ].join('\n');
    scenario.emulator.faults.add({
      matches: ({ url }) => url.pathname.endsWith('/aks-a'),
      fault: {
        kind: 'status',
        status: 403,
        body: { error: { code: 'AuthorizationFailed', message: `${hostile}##[error]x` } },
      },
    });
    const clusters = listed({ 'cluster-name': 'aks-a' }, { 'cluster-name': 'aks-b' });
    const result = await scenario.many({ clusters });
    const groups = groupsOf(result);
    expect([...groups.keys()].filter(Boolean).sort()).toEqual([
      'aks-a in rg-platform: failed, arm-permission-missing',
      expect.stringMatching(/^aks-b in rg-platform: Done: \d+ change\(s\)\.$/),
    ]);
    expect(result.output).not.toMatch(/^::(set-output|error::aks-b|add-mask::aks$)/m);
    expect(result.output).not.toContain('##[');
    expect(fieldOf(result, 'result')).toEqual({ 'aks-a': 'failure', 'aks-b': 'success' });
    expect(result.outputs['page']).not.toMatch(/^::/m);
  });
});
