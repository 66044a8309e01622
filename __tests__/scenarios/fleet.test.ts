import { readdir } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { at, list, object, parseJson, text } from '../../emulator/lib/json.ts';
import { createRunner, type StepResult } from '../../emulator/runner/runner.ts';
import { buildFleetWorld } from '../../emulator/worlds/fleet.ts';
import { addClusters } from '../../emulator/worlds/many.ts';
import { expectRefusal } from './refusal.ts';

/** How the runner says which version of the action is in use. */
const USED_ACTION = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'org/headlamp-aks-entra',
  GITHUB_ACTION_REF: 'v1',
};

const CLUSTERS = [
  { 'cluster-name': 'aks-test' },
  { 'cluster-name': 'aks-gone' },
  { 'cluster-name': 'aks-production', url: 'https://headlamp.contoso.com' },
];

const SELECTED = { headlamp: 'enabled' };
const OTHER = '33333333-4444-5555-6666-777777777777';

interface FleetOptions {
  readonly mode?: string;
  readonly common?: Readonly<Record<string, string | number>>;
}

/** The jobs of deploy.yml one after the other: the list, the jobs of the matrix, the report. */
async function createFleet({ mode = 'deploy', common = {} }: FleetOptions = {}) {
  const world = await buildFleetWorld();
  const runner = await createRunner(undefined, 'fleet/action.yml');
  onTestFinished(async () => {
    await Promise.all([world.emulator.close(), runner.remove()]);
    expect(world.emulator.crashes).toEqual([]);
  });
  const { 'cluster-name': _, ...inputs } = world.inputs;
  const workflow = { 'cluster-selector': '', url: '', 'runs-on': 'ubuntu-latest', 'github-environment': '' };
  const given = { ...inputs, ...workflow, clusters: JSON.stringify(CLUSTERS), ...common };
  const step = (name: string, more: Readonly<Record<string, string>> = {}) =>
    runner.step({
      inputs: { step: name, mode, common: JSON.stringify(given), ...more },
      environment: { ...world.emulator.environment(), ...USED_ACTION },
    });
  const foundIn = ({ outputs }: StepResult) =>
    Object.fromEntries(Object.entries(outputs).filter(([name]) => name.startsWith('found-')));

  /** What the matrix gives out, by slot. */
  async function run() {
    const listed = await step('clusters');
    const jobs = list(parseJson(listed.outputs['clusters'] ?? ''));
    const ended: StepResult[] = [];
    for (const job of jobs) ended.push(await step('run', { ...foundIn(listed), slot: String(at(job, 'slot')) }));
    const slots = ended.map(({ outputs }, slot): [string, string] => [`c${slot}`, outputs['result'] ?? '']);
    return { listed, jobs, ended, outputs: { ...foundIn(listed), ...Object.fromEntries(slots) } };
  }

  const report = (outputs: Readonly<Record<string, string>>, result: string) => step('report', { ...outputs, result });
  return { world, runner, step, run, report };
}

const results = ({ outputs }: StepResult) => list(parseJson(outputs['results'] ?? ''));

it('one page reports all clusters of a fleet, failed and successful', async () => {
  const { run, report, runner } = await createFleet();
  const { jobs, ended, outputs } = await run();
  expect(jobs.map((job) => text(job, 'name'))).toEqual(['aks-test', 'aks-gone', 'aks-production']);
  expect(ended.map(({ exitCode }) => exitCode)).toEqual([0, 1, 0]);
  expect(ended[0]?.outputs['headlamp-version']).toMatch(/^0\./);
  const reported = await report(outputs, 'failure');

  expect(reported.exitCode).toBe(0);
  expect(results(reported).map((one) => [text(one, 'cluster'), text(one, 'result'), at(one, 'changed')])).toEqual([
    ['aks-test', 'success', true],
    ['aks-gone', 'failure', null],
    ['aks-production', 'success', true],
  ]);
  expect(text(results(reported)[1], 'error')).toMatch(/^cluster-not-found: /);
  expect(text(results(reported)[1], 'error')).toBe(ended[1]?.error);
  expect(reported.outputs['changed']).toBe('true');
  const expiries = [ended[0], ended[2]].map((one) => one?.outputs['secret-expires-on'] ?? '');
  expect(reported.outputs['secret-expires-on']).toBe(expiries.sort()[0]);
  expect(reported.summary.trim()).toBe(reported.outputs['page']?.trim());
  expect(reported.summary).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 2 changed, 2 with a new client secret');
  expect(reported.summary).toContain('troubleshooting.md#cluster-not-found');
  expect(reported.summary).toContain('<https://headlamp.contoso.com>');
  expect(await readdir(runner.temp)).toEqual([]);
});

it('a job of a fleet hands on no id, name or resource group, which GitHub might mask and drop', async () => {
  const { run, world } = await createFleet({ common: { 'clusters-per-job': 5 } });
  const { outputs, listed, ended } = await run();
  expect(ended).toHaveLength(1);
  const { 'client-id': client = '', 'tenant-id': tenant = '', 'key-vault-name': vault = '' } = world.inputs;
  for (const value of [world.subscriptionId, world.resourceGroup, client, tenant, vault, 'aks-gone', 'aks-test'])
    expect(`${outputs['c0']}`.toLowerCase()).not.toContain(value.toLowerCase());
  expect(outputs['c0']).not.toMatch(/[\da-f]{8}-[\da-f]{4}-/i);
  for (const value of [world.subscriptionId, client, tenant]) expect(listed.outputs['clusters']).not.toContain(value);
});

it('a selector finds the clusters of a fleet once, and jobs of many run the action on all of theirs', async () => {
  const { world, run, report } = await createFleet({
    mode: 'plan',
    common: {
      clusters: '- {cluster-name: aks-c, exclude: true}',
      'cluster-selector': 'headlamp=enabled',
      'clusters-per-job': 2,
    },
  });
  const tags = SELECTED;
  await addClusters(world, [
    ...['aks-a', 'aks-b', 'aks-c'].map((name) => ({ name, tags })),
    { name: 'aks-d', subscriptionId: OTHER, resourceGroup: 'rg-other', tags },
  ]);
  const { listed, jobs, ended, outputs } = await run();
  expect(listed.error).toBe('');
  expect(jobs.map((job) => text(job, 'name'))).toEqual(['aks-a and 1 more', 'aks-d']);
  expect(ended.map(({ error }) => error)).toEqual(['', '']);
  expect(world.emulator.requests.all().filter(({ path }) => path.includes('ResourceGraph'))).toHaveLength(1);
  const reported = await report(outputs, 'success');
  expect(results(reported).map((one) => [text(one, 'cluster'), text(one, 'subscription-id')])).toEqual([
    ['aks-a', world.subscriptionId],
    ['aks-b', world.subscriptionId],
    ['aks-d', OTHER],
  ]);
  expect(reported.summary).toContain('## 🔍 Headlamp on 3 clusters: 3 would change');
  expect(world.emulator.requests.writes()).toEqual([]);
});

it('what the selector of a fleet found did not arrive: the jobs and the report say why, and what to do', async () => {
  const { step, report, world } = await createFleet({ common: { 'cluster-selector': 'headlamp', clusters: '' } });
  for (const result of [await step('run', { slot: '0' }), await report({}, 'failure')])
    expectRefusal(result, 'outputs-missing', 'variables of the environment');
  expect(world.emulator.requests.all()).toEqual([]);
});

it('mistakes in the values of a list show before any job of a fleet, whoever signs in there', async () => {
  const clusters = JSON.stringify([
    { 'cluster-name': 'aks-a', url: 'http://contoso.com' },
    { 'cluster-name': 'aks-b', 'secret-lifetime': '9y', 'tenant-id': OTHER },
  ]);
  const { step, world } = await createFleet({ common: { clusters, 'tenant-id': '', 'secret-lifetime': '' } });
  const result = await step('clusters');
  expectRefusal(result, 'invalid-inputs', 'clusters[0] (aks-a): url: ', 'clusters[1] (aks-b): secret-lifetime: ');
  expect(result.error).not.toContain('tenant-id');
  expect(world.emulator.requests.all()).toEqual([]);
});

it('the page of a fleet claims nothing about clusters whose outputs did not arrive, and says why they may not', async () => {
  const { run, report } = await createFleet();
  const { c0 = '' } = (await run()).outputs;
  const reported = await report({ c0, c1: '', c2: '' }, 'failure');

  expect(reported.exitCode).toBe(0);
  expect(results(reported).map((one) => text(one, 'result'))).toEqual(['success', 'unknown', 'unknown']);
  expect(reported.summary).toContain('## ❔ Headlamp on 3 clusters: 2 without a result, 1 changed');
  expect(reported.summary.split('no result, see its job')).toHaveLength(3);
  expect(reported.summary).toMatch(
    /2 clusters without a result or details here: .*value that is masked .*#outputs-missing/,
  );
});

it('the page of a fleet reports success without details if outputs were lost', async () => {
  const { report } = await createFleet();
  const reported = await report({}, 'success');

  expect(reported.exitCode).toBe(0);
  expect(reported.outputs['changed']).toBe('');
  expect(reported.outputs['secret-expires-on']).toBe('');
  for (const one of results(reported)) expect(object(one)).toMatchObject({ result: 'success', changed: null });
  expect(reported.summary).toContain('## ❔ Headlamp on 3 clusters: 3 without details');
});
