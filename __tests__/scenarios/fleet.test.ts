import { expect, it, onTestFinished } from 'vitest';
import { at, list, object, parseJson, stringMap, text } from '../../emulator/lib/json.ts';
import { createRunner, type StepResult } from '../../emulator/runner/runner.ts';
import { buildFleetWorld } from '../../emulator/worlds/fleet.ts';

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

/** The jobs of deploy.yml one after the other: the list, a job for each cluster, the report. */
async function createFleet() {
  const world = await buildFleetWorld();
  const [action, fleet] = await Promise.all([createRunner(), createRunner([], 'fleet/action.yml')]);
  onTestFinished(async () => {
    await Promise.all([world.emulator.close(), action.remove(), fleet.remove()]);
    expect(world.emulator.crashes).toEqual([]);
  });
  const common = { ...world.inputs, url: '', 'runs-on': 'ubuntu-latest' };
  const inputs = { clusters: JSON.stringify(CLUSTERS), common: JSON.stringify(common), mode: 'deploy' };

  /** What the matrix gives out: the `steps` entry of each cluster's job by its slot. */
  async function deploy(): Promise<Record<string, string>> {
    const { outputs } = await fleet.step({ inputs: { ...inputs, step: 'clusters' } });
    const entries: [string, string][] = [];
    for (const cluster of list(parseJson(outputs['clusters'] ?? ''))) {
      const given = Object.entries(stringMap(cluster, 'inputs')).filter(([, value]) => value !== '');
      const ended = await action.step({ inputs: Object.fromEntries(given), environment: world.emulator.environment() });
      entries.push([`c${at(cluster, 'slot')}`, stepsEntry(ended)]);
    }
    return Object.fromEntries(entries);
  }

  const report = (outputs: Readonly<Record<string, string>>, result: string) =>
    fleet.step({
      inputs: { ...inputs, step: 'report', outputs: JSON.stringify(outputs), result },
      environment: USED_ACTION,
    });
  return { deploy, report };
}

/** https://docs.github.com/actions/reference/workflows-and-actions/contexts#steps-context */
function stepsEntry({ exitCode, outputs }: StepResult): string {
  const outcome = exitCode === 0 ? 'success' : 'failure';
  return JSON.stringify({ outputs, outcome, conclusion: outcome });
}

const results = ({ outputs }: StepResult) => list(parseJson(outputs['results'] ?? ''));

it('one page reports all clusters of a fleet, failed and successful', async () => {
  const { deploy, report } = await createFleet();
  const outputs = await deploy();
  const reported = await report(outputs, 'failure');

  expect(reported.exitCode).toBe(0);
  expect(results(reported).map((one) => [text(one, 'cluster'), text(one, 'result'), at(one, 'changed')])).toEqual([
    ['aks-test', 'success', true],
    ['aks-gone', 'failure', null],
    ['aks-production', 'success', true],
  ]);
  expect(text(results(reported)[1], 'error')).toMatch(/^cluster-not-found: /);
  expect(reported.outputs['changed']).toBe('true');
  const expiries = ['c0', 'c2'].map((slot) => text(parseJson(outputs[slot] ?? ''), 'outputs', 'secret-expires-on'));
  expect(reported.outputs['secret-expires-on']).toBe(expiries.sort()[0]);
  expect(reported.summary.trim()).toBe(reported.outputs['page']?.trim());
  expect(reported.summary).toContain('## ❌ Headlamp on 3 clusters: 1 failed, 2 changed, 2 with a new client secret');
  expect(reported.summary).toContain('troubleshooting.md#cluster-not-found');
  expect(reported.summary).toContain('<https://headlamp.contoso.com>');
});

it('the page of a fleet claims nothing about clusters whose outputs did not arrive', async () => {
  const { deploy, report } = await createFleet();
  const { c0 = '' } = await deploy();
  const reported = await report({ c0, c1: '', c2: '' }, 'failure');

  expect(reported.exitCode).toBe(0);
  expect(results(reported).map((one) => text(one, 'result'))).toEqual(['success', 'unknown', 'unknown']);
  expect(reported.summary).toContain('## ❔ Headlamp on 3 clusters: 2 without a result, 1 changed');
  expect(reported.summary.split('no result, see its job')).toHaveLength(3);
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
