import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { at, type Json, list, object, text } from '../../emulator/lib/json.ts';
import { readAction } from '../../emulator/runner/action.ts';
import { LARGEST_FLEET } from '../../src/fleet/clusters.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const ACTION = 'org/headlamp-aks-entra@v1';
const CALLED = /^org\/headlamp-aks-entra\/(\.github\/workflows\/\w+\.yml)@v1$/;
/** Inputs about the fleet and its jobs, which the action does not have. */
const OF_THE_FLEET = ['clusters', 'mode', 'max-parallel', 'runs-on', 'github-environment'];

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
    const { defaults, required } = await action();
    let calls = 0;
    for (const job of Object.values(object(await workflow(path), 'jobs'))) {
      const called = CALLED.exec(text(job, 'uses') ?? '')?.[1];
      if (called !== undefined) {
        const inputs = inputsOf(await workflow(called));
        const needed = Object.keys(inputs).filter((name) => at(inputs, name, 'required') === true);
        expectFits(Object.keys(object(job, 'with')), Object.keys(inputs), needed);
        calls += 1;
      }
      for (const step of list(job, 'steps').filter((one) => text(one, 'uses') === ACTION)) {
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

  it('pins third-party actions by commit, with the version in a comment', async () => {
    for (const [line, uses] of (await read(path)).matchAll(/uses: (\S+).*$/gm)) {
      if (uses?.startsWith('org/headlamp-aks-entra')) continue;
      expect(line).toMatch(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });
});

const FLEETS = ['deploy', 'rotate'];
const fleetWorkflow = (name: string) => workflow(`.github/workflows/${name}.yml`);
const actionStep = (fleet: Json) => list(fleet, 'jobs', 'cluster', 'steps').find((one) => text(one, 'uses') === ACTION);

describe.each(FLEETS)('%s.yml', (name) => {
  it('has the inputs of the action and of the fleet, and passes on those of the action', async () => {
    const { defaults } = await action();
    const fleet = await fleetWorkflow(name);
    const inputs = Object.keys(inputsOf(fleet)).filter((input) => !OF_THE_FLEET.includes(input));
    expect(inputs.filter((input) => !(input in defaults))).toEqual([]);
    const handed = ['cluster-name', ...inputs].map((input) => [input, expression(`matrix.cluster.inputs.${input}`)]);
    const mode = name === 'rotate' ? 'rotate' : expression('inputs.mode');
    expect(object(actionStep(fleet), 'with')).toEqual({ ...Object.fromEntries(handed), mode });
  });

  it('has an output for each job of the largest possible fleet', async () => {
    const slots = Array.from({ length: LARGEST_FLEET }, (_, slot) => [
      `c${slot}`,
      expression(`matrix.cluster.slot == ${slot} && toJSON(steps.headlamp) || ''`),
    ]);
    expect(object(await fleetWorkflow(name), 'jobs', 'cluster', 'outputs')).toEqual(Object.fromEntries(slots));
  });

  it('does not stop other clusters when one fails, and queues a second job on the same cluster', async () => {
    const fleet = await fleetWorkflow(name);
    expect(at(fleet, 'jobs', 'cluster', 'concurrency', 'cancel-in-progress')).toBe(false);
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
  expect(Object.keys(defaults).filter((input) => !inputs.includes(input))).toEqual([
    'cluster-name',
    'cluster-selector',
    'parallel',
    'stop-after-failures',
  ]);
});

it('rotate.yml has the same jobs as deploy.yml, except for the inputs passed to the action', async () => {
  const jobs = async (name: string) => {
    const { clusters, cluster, report, ...others } = object(await fleetWorkflow(name), 'jobs');
    const { steps: _, permissions: __, ...rest } = object(cluster);
    const withoutMode = (job: Json | undefined) => JSON.stringify(job).replace(expression('inputs.mode'), 'rotate');
    return { clusters: withoutMode(clusters), rest, report: withoutMode(report), others };
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
