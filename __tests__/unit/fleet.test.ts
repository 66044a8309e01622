import { describe, expect, it } from 'vitest';
import { clustersOf, type FleetRequest, LARGEST_FLEET } from '../../src/fleet/clusters.ts';
import { resultsOf } from '../../src/fleet/results.ts';
import { anyChanged, earliestExpiry } from '../../src/report/cluster-result.ts';
import { documentationOf } from '../../src/report/documentation.ts';
import type { Markdown } from '../../src/report/markdown.ts';
import { pageOf } from '../../src/report/page.ts';

const redact = (text: string) => text;
const shown = (page: Markdown) => page.render(redact);
const NOW = new Date('2026-03-01T00:00:00Z');
const documentation = documentationOf({
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'contoso/headlamp',
  GITHUB_ACTION_REF: 'v1',
});
const COMMON = {
  clusters: '[]',
  mode: 'deploy',
  'max-parallel': 4,
  'runs-on': 'ubuntu-latest',
  'github-environment': '',
  'subscription-id': 'S1',
  'resource-group': 'rg',
  verify: '',
  values: '',
  'values-files': '',
  access: '',
  'admin-group-object-ids': '',
  chart: '',
};

const fleet = (clusters: unknown, request: Partial<FleetRequest> = {}) =>
  clustersOf({ list: JSON.stringify(clusters), common: COMMON, mode: 'deploy', runId: '7', ...request });
const problems = (list: string) => {
  try {
    clustersOf({ list, common: COMMON, mode: 'deploy', runId: '7' });
  } catch (error) {
    return String(error);
  }
  return '';
};

it.each([
  ['a runner that names no repository, as for an action in the workspace', { GITHUB_ACTION_REPOSITORY: '' }],
  ['a server that is not one', { GITHUB_SERVER_URL: 'https://x/)[a](' }],
  ['a reference with what Markdown obeys', { GITHUB_ACTION_REF: 'v1)' }],
])('a page links to no documentation with %s', (_, wrong) => {
  const right = { GITHUB_SERVER_URL: 'https://github.com', GITHUB_ACTION_REPOSITORY: 'a/b', GITHUB_ACTION_REF: 'v1' };
  expect(documentationOf({ ...right, ...wrong })('docs/fleet.md')).toBeUndefined();
});

describe('the list of clusters', () => {
  it('gives each cluster the common inputs, overridden by its own', () => {
    const [one, two] = fleet([{ 'cluster-name': 'one' }, { 'cluster-name': 'two', 'resource-group': 'other' }]);
    expect(one).toMatchObject({ slot: 0, name: 'one', inputs: { 'resource-group': 'rg', 'subscription-id': 'S1' } });
    expect(two).toMatchObject({ slot: 1, name: 'two', inputs: { 'resource-group': 'other' } });
    for (const name of ['clusters', 'mode', 'max-parallel', 'runs-on', 'github-environment'])
      expect(one?.inputs).not.toHaveProperty(name);
  });

  it('accepts JSON values of any type', () => {
    const access = { view: ['a', 'b'] };
    const [cluster] = fleet([
      { 'cluster-name': 'one', verify: false, 'admin-group-object-ids': ['a', 'b'], access, values: null },
    ]);
    expect(cluster?.inputs).toMatchObject({
      verify: 'false',
      'admin-group-object-ids': 'a\nb',
      access: JSON.stringify(access),
      values: '',
    });
  });

  it('sets runners and environment per cluster', () => {
    const [one, two, three] = fleet([
      { 'cluster-name': 'one' },
      { 'cluster-name': 'two', 'runs-on': 'self-hosted, linux', 'github-environment': 'production' },
      { 'cluster-name': 'three', 'runs-on': ['self-hosted', 'hub'] },
    ]);
    expect(one).toMatchObject({ 'runs-on': ['ubuntu-latest'], 'github-environment': '' });
    expect(two).toMatchObject({ 'runs-on': ['self-hosted', 'linux'], 'github-environment': 'production' });
    expect(three).toMatchObject({ 'runs-on': ['self-hosted', 'hub'] });
    const [four] = fleet([{ 'cluster-name': 'four' }], {
      common: { ...COMMON, 'runs-on': '["self-hosted", "linux"]' },
    });
    expect(four).toMatchObject({ 'runs-on': ['self-hosted', 'linux'] });
  });

  it('serializes jobs on the same cluster only', () => {
    const group = (clusters: unknown, request: Partial<FleetRequest> = {}) =>
      fleet(clusters, request)[0]?.['concurrency-group'];
    const one = group([{ 'cluster-name': 'one' }]);
    expect(group([{ 'cluster-name': 'ONE', 'resource-group': 'RG' }], { mode: 'rotate' })).toBe(one);
    expect(group([{ 'cluster-name': 'one', 'resource-group': 'other' }])).not.toBe(one);
    expect(group([{ 'cluster-name': 'one', 'subscription-id': 'S2' }])).not.toBe(one);
  });

  it('never lets a plan replace a pending deployment', () => {
    const group = (mode: string, runId: string) =>
      fleet([{ 'cluster-name': 'one' }], { mode, runId })[0]?.['concurrency-group'];
    expect(group('plan', '7')).not.toBe(group('deploy', '7'));
    expect(group('plan', '7')).not.toBe(group('plan', '8'));
  });

  it('checks out the repository only if the action reads files of it', () => {
    const clusters = fleet([
      { 'cluster-name': 'one' },
      { 'cluster-name': 'two', 'values-files': 'values.yaml' },
      { 'cluster-name': 'three', chart: './chart' },
      { 'cluster-name': 'four', chart: 'oci://registry/headlamp' },
    ]);
    expect(clusters.map(({ checkout }) => checkout)).toEqual([false, true, true, false]);
  });

  it.each([
    ['not JSON', '[{"cluster-name": "one"},]', 'clusters: not valid JSON: '],
    ['not a list', '{"cluster-name": "one"}', 'clusters: expected a list of objects'],
    ['empty', '[]', 'clusters: expected a list of objects'],
    ['a list of names', '["one"]', 'clusters: expected a list of objects'],
    [
      'too long',
      JSON.stringify(Array.from({ length: LARGEST_FLEET + 1 }, (_, n) => ({ 'cluster-name': `c${n}` }))),
      '65 clusters, but one call accepts at most 64',
    ],
  ])('is rejected if it is %s', (_, list, problem) => {
    expect(problems(list)).toContain('invalid-inputs: ');
    expect(problems(list)).toContain(problem);
  });

  it('is rejected with all of its mistakes at once', () => {
    const told = problems('[{"cluster-name": "one", "chrat": "x"}, {"cluster-name": "One"}, {"verify": true}]');
    expect(told).toContain('clusters[0] (one): unknown input chrat, expected one of access, ');
    expect(told).toContain('clusters[1] (One): the same cluster as clusters[0]');
    expect(told).toContain('clusters[2] (without a name): cluster-name is required');
  });
});

describe('the page of all clusters', () => {
  const clusters = fleet([{ 'cluster-name': 'one' }, { 'cluster-name': 'two' }, { 'cluster-name': 'three' }]);
  const change = { resource: 'release', action: 'create', detail: 'chart 0.45.0 | new' };
  const success = (outputs: Record<string, string>) =>
    JSON.stringify({ outcome: 'success', conclusion: 'success', outputs });
  const outputs = {
    c0: success({
      changed: 'true',
      changes: JSON.stringify([change]),
      'secret-expires-on': '2026-05-30T00:00:00.000Z',
      url: 'https://one',
    }),
    c1: JSON.stringify({
      outcome: 'failure',
      outputs: { error: 'vault-firewall: The vault is closed. Fix: open it.' },
    }),
    c2: '',
  };

  it('has a row for each cluster, even if its job was lost', () => {
    const results = resultsOf(clusters, outputs, 'failure');
    expect(results.map(({ result }) => result)).toEqual(['success', 'failure', 'unknown']);
    const page = shown(pageOf(results, { mode: 'deploy', documentation, now: NOW, redact, limit: 100_000 }));
    expect(page).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 1 without a result, 1 changed');
    expect(page).toContain('| **one**<br>rg | ✅ | 1 | 2026-05-30, in 90 days | <https://one> |');
    expect(page).toContain(
      '[vault-firewall](https://github.com/contoso/headlamp/blob/v1/docs/troubleshooting.md#vault-firewall)',
    );
    expect(page).toContain('| **three**<br>rg | ❔ no result, see its job |  |  |  |');
  });

  it('shows what failed and what changed', () => {
    const page = shown(
      pageOf(resultsOf(clusters, outputs, 'failure'), {
        mode: 'deploy',
        documentation,
        now: NOW,
        redact,
        limit: 100_000,
      }),
    );
    expect(page).toContain('### ❌ two in rg');
    expect(page).toMatch(/\*\*\[vault-firewall\]\(\S+#vault-firewall\)\*\*\n\nThe vault is closed\.\n/);
    expect(page).toContain('**How to fix it:**\nopen it.\n');
    expect(page).toContain('<summary>one: 1 change made</summary>');
    expect(page).toContain('| create | release | chart 0.45.0 &#124; new |');
  });

  it('says planned instead of made for mode plan', () => {
    const planned = {
      c0: success({ changed: 'false', changes: JSON.stringify([change]) }),
      c1: success({ changed: 'false' }),
      c2: success({ changed: 'false' }),
    };
    const page = shown(
      pageOf(resultsOf(clusters, planned, 'success'), {
        mode: 'plan',
        documentation,
        now: NOW,
        redact,
        limit: 100_000,
      }),
    );
    expect(page).toContain('## 🔍 Headlamp on 3 clusters: 1 would change');
    expect(page).toContain('<summary>one: 1 change planned</summary>');
  });

  it('does not call a cluster lost if the matrix succeeded, and leaves unknown details empty', () => {
    const results = resultsOf(clusters, { c0: success({ changed: 'false', changes: '[]' }) }, 'success');
    expect(results.map(({ result }) => result)).toEqual(['success', 'success', 'success']);
    expect(results.map(({ changed }) => changed)).toEqual([false, null, null]);
    const page = shown(pageOf(results, { mode: 'deploy', documentation, now: NOW, redact, limit: 100_000 }));
    expect(page).toContain('## ❔ Headlamp on 3 clusters: 2 without details');
    expect(page).toContain('| **one**<br>rg | ✅ | 0 |');
    expect(page).toContain('| **two**<br>rg | ✅ no details, see its job |  |  |  |');
  });

  it('reports whether anything changed, or null if that is unknown', () => {
    const changed = (...all: readonly string[]) =>
      anyChanged(
        resultsOf(clusters, Object.fromEntries(all.map((one, n) => [`c${n}`, success({ changed: one })])), ''),
      );
    expect(changed('false', 'true')).toBe(true);
    expect(changed('false', 'false', 'false')).toBe(false);
    expect(changed('false', 'false')).toBe(null);
  });

  it('tolerates malformed outputs of other jobs', () => {
    const odd = { c0: 'no JSON', c1: success({ changes: '[1, {"resource": 2}]' }), c2: '{"outputs": []}' };
    expect(resultsOf(clusters, odd, 'failure').map(({ result, changes }) => [result, changes])).toEqual([
      ['unknown', []],
      ['success', []],
      ['unknown', []],
    ]);
  });

  it('reports the client secret that expires first', () => {
    const two = { ...outputs, c1: success({ 'secret-expires-on': '2026-04-01T00:00:00.000Z' }) };
    expect(earliestExpiry(resultsOf(clusters, two, 'failure'))).toBe('2026-04-01T00:00:00.000Z');
    expect(earliestExpiry(resultsOf(clusters, {}, 'failure'))).toBe('');
  });
});
