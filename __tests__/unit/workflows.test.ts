import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { at, type Json, list, object, text } from '../../emulator/lib/json.ts';
import { readAction } from '../../emulator/runner/action.ts';
import { PIECES } from '../../src/fleet/found.ts';
import { MOST_JOBS } from '../../src/fleet/jobs.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** The actions of this repository. */
const FLEET = 'org/headlamp-aks-entra/fleet@v1';
const USED: Readonly<Record<string, string>> = {
  'org/headlamp-aks-entra@v1': 'action.yml',
  [FLEET]: 'fleet/action.yml',
};
const CALLED = /^org\/headlamp-aks-entra\/(\.github\/workflows\/\w+\.yml)@v1$/;
/** Inputs about the fleet and its jobs, which the action does not have or which are of the fleet as a whole. */
const OF_THE_FLEET = [
  ...['clusters', 'cluster-selector', 'clusters-per-job', 'mode', 'max-parallel', 'parallel', 'stop-after-failures'],
  ...['runs-on', 'github-environment'],
];

const expression = (content: string) => `\${{ ${content} }}`;
const read = (path: string) => readFile(join(ROOT, path), 'utf8');
// YAML of this repository: only what JSON can say is used in it.
const workflow = async (path: string) => load(await read(path)) as Json;
const action = () => readAction(join(ROOT, 'action.yml'));
const inputsOf = (called: Json) => object(called, 'on', 'workflow_call', 'inputs');
const examples = (await readdir(join(ROOT, 'examples'))).filter((name) => name.endsWith('.yml'));
const workflows = [
  ...examples.map((name) => `examples/${name}`),
  ...['deploy', 'rotate'].map((name) => `.github/workflows/${name}.yml`),
];

describe.each(workflows)('%s', (path) => {
  it('passes only inputs that the called action or workflow has, and all required ones', async () => {
    let calls = 0;
    for (const job of Object.values(object(await workflow(path), 'jobs'))) {
      const called = CALLED.exec(text(job, 'uses') ?? '')?.[1];
      if (called !== undefined) {
        const inputs = inputsOf(await workflow(called));
        const needed = Object.keys(inputs).filter((name) => at(inputs, name, 'required') === true);
        expectFits(Object.keys(object(job, 'with')), Object.keys(inputs), needed);
        calls += 1;
      }
      for (const step of list(job, 'steps')) {
        const used = USED[text(step, 'uses') ?? ''];
        if (used === undefined) continue;
        const { defaults, required } = await readAction(join(ROOT, used));
        expectFits(Object.keys(object(step, 'with')), Object.keys(defaults), required);
        calls += 1;
      }
    }
    expect(calls).toBeGreaterThan(0);
  });

  it('has only the permissions that its jobs request', async () => {
    const source = await workflow(path);
    expect(object(source, 'permissions')).toEqual({});
    expect(at(source, 'permissions')).not.toBeUndefined();
    for (const job of Object.values(object(source, 'jobs'))) {
      const writes = Object.entries(object(job, 'permissions')).filter(([, access]) => access === 'write');
      expect(writes.length).toBeLessThanOrEqual(1);
    }
  });

  it('gives no shell an expression, which would be part of its script whatever it holds', async () => {
    const jobs = Object.values(object(await workflow(path), 'jobs'));
    const steps = jobs.flatMap((job) => list(job, 'steps'));
    const scripts = steps.flatMap((step) => [text(step, 'run'), text(step, 'shell'), text(step, 'with', 'script')]);
    expect(scripts.filter((script) => script?.includes('${{'))).toEqual([]);
    // What callers write goes to actions only.
    if (path.startsWith('.github/')) expect(scripts.filter((script) => script !== undefined)).toEqual([]);
  });

  it('pins third-party actions by commit, with the version in a comment', async () => {
    for (const [line, uses] of (await read(path)).matchAll(/uses: (\S+).*$/gm)) {
      if (uses?.startsWith('org/headlamp-aks-entra')) continue;
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });
});

const FLEETS = ['deploy', 'rotate'];
const fleetWorkflow = (name: string) => workflow(`.github/workflows/${name}.yml`);
const fleetStep = (fleet: Json, job: string) =>
  list(fleet, 'jobs', job, 'steps').find((one) => text(one, 'uses') === FLEET);
const numbered = (prefix: string, count: number, value: (index: number) => string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, expression(value(index))]));
/** What each step gets, so that all derive the same jobs. */
const request = (name: string) => ({
  mode: name === 'rotate' ? 'rotate' : expression('inputs.mode'),
  common: expression('toJSON(inputs)'),
});
const found = numbered('found-', PIECES, (index) => `needs.clusters.outputs.found-${index}`);

describe.each(FLEETS)('%s.yml', (name) => {
  it('has inputs of the action and of the fleet, and each of its steps gets all of them', async () => {
    const { defaults } = await action();
    const fleet = await fleetWorkflow(name);
    const inputs = Object.keys(inputsOf(fleet)).filter((input) => !OF_THE_FLEET.includes(input));
    expect(inputs.filter((input) => !(input in defaults))).toEqual([]);
    const given = (job: string) => object(fleetStep(fleet, job), 'with');
    expect(given('clusters')).toEqual({ step: 'clusters', ...request(name) });
    expect(given('cluster')).toEqual({ step: 'run', ...request(name), ...found, slot: expression('matrix.job.slot') });
    const outputs = numbered('c', MOST_JOBS, (slot) => `needs.cluster.outputs.c${slot}`);
    const result = expression('needs.cluster.result');
    expect(given('report')).toEqual({ step: 'report', ...request(name), ...found, ...outputs, result });
    const { defaults: known } = await readAction(join(ROOT, 'fleet/action.yml'));
    for (const job of ['clusters', 'cluster', 'report'])
      expect(Object.keys(given(job)).filter((input) => !(input in known))).toEqual([]);
  });

  it('has an output for each job that there can be, and for each part of what a selector finds', async () => {
    const fleet = await fleetWorkflow(name);
    const slots = numbered(
      'c',
      MOST_JOBS,
      (slot) => `matrix.job.slot == ${slot} && steps.headlamp.outputs.result || ''`,
    );
    expect(object(fleet, 'jobs', 'cluster', 'outputs')).toEqual(slots);
    expect(object(fleet, 'jobs', 'clusters', 'outputs')).toEqual({
      clusters: expression('steps.list.outputs.clusters'),
      ...numbered('found-', PIECES, (index) => `steps.list.outputs.found-${index}`),
    });
  });

  it('does not stop other clusters when one fails, and queues further jobs on the same cluster', async () => {
    const fleet = await fleetWorkflow(name);
    expect(object(fleet, 'jobs', 'cluster', 'concurrency')).toEqual({
      group: expression('matrix.job.concurrency-group'),
      'cancel-in-progress': false,
      queue: 'max',
    });
    expect(at(fleet, 'jobs', 'cluster', 'strategy', 'fail-fast')).toBe(false);
  });

  it('calls no other workflow', async () => {
    for (const job of Object.values(object(await fleetWorkflow(name), 'jobs')))
      expect(text(job, 'uses')).toBeUndefined();
  });

  it('has all inputs and outputs documented', async () => {
    const [source, documentation] = await Promise.all([fleetWorkflow(name), read('docs/fleet.md')]);
    const own = Object.keys(inputsOf(source)).filter((input) => OF_THE_FLEET.includes(input));
    const outputs = Object.keys(object(source, 'on', 'workflow_call', 'outputs'));
    expect(outputs.length).toBeGreaterThan(0);
    for (const row of [...own, ...outputs]) expect(documentation).toContain(`| \`${row}\` |`);
  });
});

it('deploy.yml has every input of the action except those of a single cluster', async () => {
  const { defaults } = await action();
  const inputs = Object.keys(inputsOf(await workflow('.github/workflows/deploy.yml')));
  expect(Object.keys(defaults).filter((input) => !inputs.includes(input))).toEqual(['cluster-name']);
});

it('rotate.yml has the same jobs as deploy.yml, except for the mode and the repository that deploy.yml reads', async () => {
  const jobs = async (name: string) => {
    const { clusters, cluster, report, ...others } = object(await fleetWorkflow(name), 'jobs');
    const { steps: _, permissions: __, ...rest } = object(cluster);
    const withoutMode = (job: Json | undefined) => JSON.stringify(job).replace(expression('inputs.mode'), 'rotate');
    const run = withoutMode(fleetStep({ jobs: { cluster: cluster ?? null } }, 'cluster'));
    return { clusters: withoutMode(clusters), rest, run, report: withoutMode(report), others };
  };
  expect(await jobs('rotate')).toEqual(await jobs('deploy'));
});

it('the README lists every example', async () => {
  const readme = await read('README.md');
  for (const name of examples) expect(readme).toContain(`(examples/${name})`);
});

function expectFits(given: readonly string[], known: readonly string[], needed: readonly string[]): void {
  expect(given.filter((input) => !known.includes(input))).toEqual([]);
  expect(needed.filter((input) => !given.includes(input))).toEqual([]);
}
