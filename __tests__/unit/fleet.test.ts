import { describe, expect, it } from 'vitest';
import { checkList, clustersOf, type FleetRequest } from '../../src/fleet/clusters.ts';
import { type FleetJob, inputsOf, jobsOf, MOST_JOBS, matrixEntry } from '../../src/fleet/jobs.ts';
import { jobs, named, requestOf, SUBSCRIPTION } from './fleet-request.ts';

const matrix = (clusters: unknown, request: Partial<FleetRequest> = {}) =>
  jobs(clusters, request).map((job) => matrixEntry(job, request.mode ?? 'deploy', '7'));
const sizes = (all: readonly FleetJob[]) => all.map(({ clusters }) => clusters.length);
const problems = (list: string, request: Partial<FleetRequest> = {}) => {
  try {
    checkList(requestOf(list, request));
  } catch (error) {
    return String(error);
  }
  return '';
};

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

  it('serves rotate.yml as it serves deploy.yml, which has inputs that a rotation does not need', () => {
    const list = '[{"cluster-name": "one", "url": "https://one", "node-count": 3}]';
    expect(problems(list)).toBe('');
    const [cluster] = clustersOf(requestOf(list));
    expect(cluster?.own).toEqual({ 'cluster-name': 'one', url: 'https://one' });
    expect(problems('[{"cluster-name": "one", "nodecount": 3}]')).toContain('unknown input nodecount');
    expect(problems('[{"cluster-name": "one", "mode": "plan"}]')).toContain('unknown input mode');
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

  it('do not get larger for more clusters to destroy than a call has jobs', () => {
    expect(jobs(named(MOST_JOBS), { mode: 'destroy' })).toHaveLength(MOST_JOBS);
    expect(() => jobs(named(65), { mode: 'destroy' })).toThrow(
      'clusters: needs 65 jobs, one for each cluster to destroy; one call has at most 64',
    );
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
