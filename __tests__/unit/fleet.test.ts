import { describe, expect, it } from 'vitest';
import { checkList, clustersOf, type FleetRequest } from '../../src/fleet/clusters.ts';
import { decodeFound, encodeFound } from '../../src/fleet/found.ts';
import { type FleetJob, inputsOf, jobsOf, MOST_JOBS, matrixEntry } from '../../src/fleet/jobs.ts';
import { type Ending, handOn, resultsOf } from '../../src/fleet/results.ts';
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
const SUBSCRIPTION = '11111111-2222-3333-4444-555555555555';
const COMMON = {
  clusters: '',
  'cluster-selector': '',
  'clusters-per-job': 0,
  mode: 'deploy',
  'max-parallel': 4,
  parallel: '',
  'stop-after-failures': '',
  'runs-on': 'ubuntu-latest',
  'github-environment': '',
  'client-id': '',
  'subscription-id': SUBSCRIPTION,
  'resource-group': 'rg',
  url: '',
  verify: '',
  values: '',
  'values-files': '',
  access: '',
  'admin-group-object-ids': '',
  chart: '',
};

const requestOf = (clusters: unknown, { common, ...more }: Partial<FleetRequest> = {}): FleetRequest => {
  const list = typeof clusters === 'string' ? clusters : JSON.stringify(clusters);
  return { mode: 'deploy', found: [], ...more, common: { ...COMMON, clusters: list, ...common } };
};
const jobs = (clusters: unknown, request: Partial<FleetRequest> = {}) => jobsOf(requestOf(clusters, request));
const matrix = (clusters: unknown, request: Partial<FleetRequest> = {}) =>
  jobs(clusters, request).map((job) => matrixEntry(job, request.mode ?? 'deploy', '7'));
const named = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ 'cluster-name': `aks-${String(n).padStart(4, '0')}` }));
const sizes = (all: readonly FleetJob[]) => all.map(({ clusters }) => clusters.length);
const problems = (list: string, request: Partial<FleetRequest> = {}) => {
  try {
    checkList(requestOf(list, request));
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
    const [one, two] = clustersOf(
      requestOf([{ 'cluster-name': 'one' }, { 'cluster-name': 'two', 'resource-group': 'other' }]),
    );
    expect(one?.inputs).toMatchObject({ 'resource-group': 'rg', 'subscription-id': SUBSCRIPTION });
    expect(two?.inputs).toMatchObject({ 'resource-group': 'other' });
    for (const name of ['clusters', 'mode', 'max-parallel', 'clusters-per-job'])
      expect(one?.inputs).not.toHaveProperty(name);
  });

  it('accepts YAML, and JSON values of any type', () => {
    const access = { view: ['a', 'b'] };
    const entry = { 'cluster-name': 'one', verify: false, 'admin-group-object-ids': ['a', 'b'], access, values: null };
    const [cluster] = clustersOf(requestOf([entry]));
    expect(cluster?.inputs).toMatchObject({
      verify: 'false',
      'admin-group-object-ids': 'a\nb',
      access: JSON.stringify(access),
      values: '',
    });
    const [yaml] = clustersOf(requestOf('- cluster-name: one\n  verify: false\n'));
    expect(yaml?.inputs).toMatchObject({ 'cluster-name': 'one', verify: 'false' });
  });

  it.each([
    ['no list', '[{', 'clusters: is not valid JSON or YAML: '],
    ['not a list', '{"cluster-name": "one"}', 'clusters: must be a JSON or YAML list of clusters'],
    ['empty', '[]', 'clusters: must be a JSON or YAML list of clusters'],
    ['a list of names', '["one"]', 'clusters: must be a JSON or YAML list of clusters'],
    ['missing, and no selector is given', '', 'clusters: is required, or else cluster-selector'],
    ['leaving out every cluster', '[{"cluster-name": "a", "exclude": true}]', 'clusters: leaves out every cluster'],
    ['in waves, which a matrix cannot keep', '[{"cluster-name": "a", "wave": 1}]', 'wave: jobs of a matrix have no'],
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

  it('says of selected clusters in what they differ, and leaves out', () => {
    const at = (clusterName: string) => ({ subscriptionId: SUBSCRIPTION, resourceGroup: 'rg-x', clusterName });
    const clusters = [
      { 'cluster-name': 'b', url: 'https://b' },
      { 'cluster-name': 'c', exclude: true },
    ];
    const common = { 'cluster-selector': 'headlamp' };
    const found = clustersOf(requestOf(clusters, { common, found: [at('a'), at('b'), at('c')] }));
    expect(found.map(({ inputs }) => [inputs['cluster-name'], inputs['resource-group'], inputs['url']])).toEqual([
      ['a', 'rg-x', ''],
      ['b', 'rg-x', 'https://b'],
    ]);
    expect(problems('', { common })).toBe('');
  });
});

describe('the jobs of a fleet', () => {
  it('take one cluster each to deploy and to destroy, fifty otherwise, and as many as clusters-per-job says', () => {
    expect(sizes(jobs(named(3)))).toEqual([1, 1, 1]);
    expect(sizes(jobs(named(3), { mode: 'destroy', common: { 'clusters-per-job': 9 } }))).toEqual([1, 1, 1]);
    for (const mode of ['rotate', 'plan', 'doctor']) expect(sizes(jobs(named(120), { mode }))).toEqual([40, 40, 40]);
    expect(sizes(jobs(named(5), { common: { 'clusters-per-job': 2 } }))).toEqual([2, 2, 1]);
  });

  it('get larger if the fleet has grown beyond what a matrix has outputs for', () => {
    expect(sizes(jobs(named(65)))).toHaveLength(33);
    const all = jobs(named(10_000), { mode: 'rotate' });
    expect(all.length).toBeLessThanOrEqual(MOST_JOBS);
    expect(Math.max(...sizes(all))).toBe(157);
    expect(sizes(all).reduce((sum, size) => sum + size)).toBe(10_000);
  });

  it('have runners, environment and identity of their clusters, as a step has one of each', () => {
    const clusters = [
      { 'cluster-name': 'one' },
      { 'cluster-name': 'two', 'runs-on': 'self-hosted, linux', 'github-environment': 'production' },
      { 'cluster-name': 'three', 'runs-on': ['self-hosted', 'hub'] },
      { 'cluster-name': 'four' },
      { 'cluster-name': 'five', 'client-id': SUBSCRIPTION },
    ];
    const [one, two, three, five] = matrix(clusters, { mode: 'rotate' });
    expect(one).toMatchObject({ name: 'one and 1 more', 'runs-on': ['ubuntu-latest'], 'github-environment': '' });
    expect(two).toMatchObject({ 'runs-on': ['self-hosted', 'linux'], 'github-environment': 'production' });
    expect(three).toMatchObject({ 'runs-on': ['self-hosted', 'hub'] });
    expect(five).toMatchObject({ name: 'five', 'timeout-minutes': 60 });
    const common = { 'runs-on': '["self-hosted", "linux"]' };
    expect(matrix([{ 'cluster-name': 'a' }], { common })[0]).toMatchObject({ 'runs-on': ['self-hosted', 'linux'] });
  });

  it('run the action on one cluster by its name, on many by a list of what differs', () => {
    const clusters = [
      { 'cluster-name': 'one', 'client-id': SUBSCRIPTION, 'github-environment': 'production' },
      { 'cluster-name': 'two', 'client-id': SUBSCRIPTION, 'github-environment': 'production', url: 'https://two' },
    ];
    const request = requestOf(clusters, { mode: 'rotate', common: { parallel: '3', 'cluster-selector': '' } });
    const [many] = jobsOf(request);
    const read = many && inputsOf(many, request);
    expect(JSON.parse(read?.('clusters') ?? '')).toEqual([
      { 'cluster-name': 'one' },
      { 'cluster-name': 'two', url: 'https://two' },
    ]);
    const names = ['client-id', 'resource-group', 'cluster-name', 'mode', 'parallel', 'cluster-selector'];
    expect(names.map((name) => read?.(name))).toEqual([SUBSCRIPTION, 'rg', '', 'rotate', '3', '']);
    const single = requestOf(clusters);
    const [job] = jobsOf(single);
    const one = job && inputsOf(job, single);
    expect(['cluster-name', 'clusters', 'client-id', 'mode'].map((name) => one?.(name))).toEqual([
      ...['one', '', SUBSCRIPTION, 'deploy'],
    ]);
  });

  it('on the same clusters wait for each other, others do not', () => {
    const group = (clusters: unknown, request: Partial<FleetRequest> = {}) =>
      matrix(clusters, request)[0]?.['concurrency-group'];
    const one = group([{ 'cluster-name': 'one' }]);
    expect(group([{ 'cluster-name': 'ONE', 'resource-group': 'RG' }], { mode: 'rotate' })).toBe(one);
    expect(group([{ 'cluster-name': 'one', 'resource-group': 'other' }])).not.toBe(one);
    expect(group([{ 'cluster-name': 'one', 'subscription-id': 'S2' }])).not.toBe(one);
    expect(group([{ 'cluster-name': 'one' }], { mode: 'plan' })).not.toBe(one);
  });

  it('check out the repository only if the action reads files of it', () => {
    const clusters = [
      { 'cluster-name': 'one' },
      { 'cluster-name': 'two', 'values-files': 'values.yaml' },
      { 'cluster-name': 'three', chart: './chart' },
      { 'cluster-name': 'four', chart: 'oci://registry/headlamp' },
    ];
    expect(matrix(clusters).map(({ checkout }) => checkout)).toEqual([false, true, true, false]);
  });

  it('are refused if more of them differ than a matrix has outputs for, and clusters-per-job must be a number', () => {
    const clusters = named(65).map((one, n) => ({ ...one, 'github-environment': `e${n}` }));
    expect(() => jobs(clusters)).toThrow('needs 65 jobs');
    expect(() => jobs(named(1), { common: { 'clusters-per-job': 'few' } })).toThrow('clusters-per-job: "few"');
  });

  it('hold no ids in the matrix: GitHub drops an output with a value that it masks', () => {
    const text = JSON.stringify(matrix([{ 'cluster-name': 'one' }, { 'cluster-name': 'two', 'client-id': 'C' }]));
    expect(text).not.toContain(SUBSCRIPTION);
  });
});

describe('what a selector found', () => {
  const found = (count: number, subscription: (n: number) => string) =>
    Array.from({ length: count }, (_, n) => ({
      subscriptionId: subscription(n),
      resourceGroup: `rg-platform-${n % 7}`,
      clusterName: `aks-weu-${n}`,
    }));
  const guid = (n: number) => `${String(n).padStart(8, '0')}-0000-0000-0000-000000000000`;

  it('reaches the other jobs in parts that fit into an environment variable, 10,000 clusters in 500 subscriptions', () => {
    const all = found(10_000, (n) => guid(Math.floor(n / 20)));
    const pieces = encodeFound(all);
    expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThan(128 * 1024);
    expect(decodeFound(pieces)).toEqual(all);
  });

  it('is refused if it is more than GitHub hands on, and known to be missing if a part is', () => {
    expect(() => encodeFound(found(10_000, guid))).toThrow(/finds 10000 clusters, whose names are \d+ characters/);
    expect(decodeFound(['', '', '', ''])).toBeUndefined();
    expect(decodeFound(encodeFound(found(10_000, (n) => guid(Math.floor(n / 20)))).slice(1))).toBeUndefined();
  });
});

describe('what a job hands on', () => {
  const NONE = { changed: false, changes: [], 'secret-rotated': false, 'secret-expires-on': '', error: '' };
  const ok: Ending = { ...NONE, result: 'success', 'secret-expires-on': '2026-05-30T00:00:00.000Z' };
  const told = (
    ending: Ending,
    request: FleetRequest = requestOf([{ 'cluster-name': 'aks-one', url: 'https://one' }]),
  ) => {
    const all = jobsOf(request);
    const [job] = all;
    const text = job ? handOn([ending], job, 1) : '';
    return { text, result: resultsOf(all, () => text, 'failure')[0] };
  };

  it('holds no id and no name, as GitHub drops an output with a masked value; the report puts back what it knows', () => {
    const scope = `/subscriptions/${SUBSCRIPTION}/resourceGroups/RG-platform/providers/x/aks-one`;
    const error = `arm-permission-missing: 99999999-2222-3333-4444-555555555555 may not read ${scope}. Fix: see https://one`;
    const change = { resource: 'release', action: 'create', detail: `in aks-one` } as const;
    const common = { 'resource-group': 'rg-platform' };
    const request = requestOf([{ 'cluster-name': 'aks-one', url: 'https://one' }], { common });
    const { text, result } = told({ ...ok, result: 'failure', error, changes: [change] }, request);
    expect(text).not.toMatch(/[\da-f]{8}-[\da-f]{4}-|rg-platform|aks-one|https:\/\/one/i);
    expect(result?.error).toBe(
      error.replace('99999999-2222-3333-4444-555555555555', 'ID').replace('RG-platform', 'rg-platform'),
    );
    expect(result?.changes).toEqual([change]);
    expect(result).toMatchObject({
      cluster: 'aks-one',
      'resource-group': 'rg-platform',
      'subscription-id': SUBSCRIPTION,
    });
  });

  it('fits into an environment variable, and that of all jobs into the environment, at 10,000 changed clusters', () => {
    const changes = Array.from(
      { length: 13 },
      () => ({ resource: 'release', action: 'create', detail: 'x'.repeat(90) }) as const,
    );
    const all = jobs(named(10_000), { mode: 'rotate' });
    const texts = all.map((job) =>
      handOn(
        job.clusters.map((_, n) =>
          n === 0
            ? { ...ok, result: 'failure', error: `failed: ${'y'.repeat(5_000)}` }
            : { ...ok, changed: true, changes },
        ),
        job,
        all.length,
      ),
    );
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThan(128 * 1024);
    expect(texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)).toBeLessThan(1_000_001);
    const results = resultsOf(all, (slot) => texts[slot] ?? '', 'failure');
    expect(results.filter(({ result }) => result === 'failure')).toHaveLength(all.length);
    expect(results.filter(({ result }) => result === 'success')).toHaveLength(10_000 - all.length);
  });
});

describe('the page of all clusters', () => {
  const fleet = jobs([
    { 'cluster-name': 'one', url: 'https://one' },
    { 'cluster-name': 'two' },
    { 'cluster-name': 'three' },
  ]);
  const change = { resource: 'release', action: 'create', detail: 'chart 0.45.0 | new' };
  const success = (more: Readonly<Record<string, unknown>> = {}) => JSON.stringify([{ result: 'success', ...more }]);
  const outputs = [
    success({ changed: true, changes: [change], 'secret-expires-on': '2026-05-30T00:00:00.000Z' }),
    JSON.stringify([{ result: 'failure', error: 'vault-firewall: The vault is closed. Fix: open it.' }]),
    '',
  ];
  const results = (of: readonly string[], overall: string) => resultsOf(fleet, (slot) => of[slot] ?? '', overall);
  const page = (of: readonly string[], overall: string, mode = 'deploy') =>
    shown(pageOf(results(of, overall), { mode, documentation, now: NOW, redact, limit: 100_000 }));

  it('has a row for each cluster, even if its job was lost, and says why', () => {
    expect(results(outputs, 'failure').map(({ result }) => result)).toEqual(['success', 'failure', 'unknown']);
    const text = page(outputs, 'failure');
    expect(text).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 1 without a result, 1 changed');
    expect(text).toContain('| **one**<br>rg | ✅ | 1 | 2026-05-30, in 90 days | <https://one> |');
    const section = 'https://github.com/contoso/headlamp/blob/v1/docs/troubleshooting.md';
    expect(text).toContain(`[vault-firewall](${section}#vault-firewall)`);
    expect(text).toContain('| **three**<br>rg | ❔ no result, see its job |  |  |  |');
    expect(text).toContain(
      '1 cluster without a result or details here: a job was cancelled or did not start, or GitHub',
    );
    expect(text).toContain(`([outputs-missing](${section}#outputs-missing))`);
  });

  it('shows what failed and what changed', () => {
    const text = page(outputs, 'failure');
    expect(text).toContain('### ❌ two in rg');
    expect(text).toMatch(/\*\*\[vault-firewall\]\(\S+#vault-firewall\)\*\*\n\nThe vault is closed\.\n/);
    expect(text).toContain('**How to fix it:**\nopen it.\n');
    expect(text).toContain('<summary>one: 1 change made</summary>');
    expect(text).toContain('| create | release | chart 0.45.0 &#124; new |');
  });

  it('says planned instead of made for mode plan', () => {
    const text = page([success({ changes: [change] }), success(), success()], 'success', 'plan');
    expect(text).toContain('## 🔍 Headlamp on 3 clusters: 1 would change');
    expect(text).toContain('<summary>one: 1 change planned</summary>');
    expect(text).not.toContain('outputs-missing');
  });

  it('does not call a cluster lost if the matrix succeeded, and leaves unknown details empty', () => {
    const all = results([success()], 'success');
    expect(all.map(({ result }) => result)).toEqual(['success', 'success', 'success']);
    expect(all.map(({ changed }) => changed)).toEqual([false, null, null]);
    const text = page([success()], 'success');
    expect(text).toContain('## ❔ Headlamp on 3 clusters: 2 without details');
    expect(text).toContain('| **one**<br>rg | ✅ | 0 |');
    expect(text).toContain('| **two**<br>rg | ✅ no details, see its job |  |  |  |');
  });

  it('reports whether anything changed, or null if that is unknown', () => {
    const changed = (...all: readonly boolean[]) =>
      anyChanged(
        results(
          all.map((one) => success({ changed: one })),
          '',
        ),
      );
    expect(changed(false, true)).toBe(true);
    expect(changed(false, false, false)).toBe(false);
    expect(changed(false, false)).toBe(null);
  });

  it('tolerates malformed outputs of other jobs', () => {
    const odd = ['no JSON', success({ changes: [1, { resource: 2 }] }), '[[]]'];
    expect(results(odd, 'failure').map(({ result, changes }) => [result, changes])).toEqual([
      ['unknown', []],
      ['success', []],
      ['unknown', []],
    ]);
  });

  it('reports the client secret that expires first', () => {
    const two = [outputs[0] ?? '', success({ 'secret-expires-on': '2026-04-01T00:00:00.000Z' })];
    expect(earliestExpiry(results(two, 'failure'))).toBe('2026-04-01T00:00:00.000Z');
    expect(earliestExpiry(results([], 'failure'))).toBe('');
  });
});
