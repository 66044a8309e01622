import { join } from 'node:path';
import { readAction } from '../../../emulator/runner/action.ts';
import { createRunner, type StepResult } from '../../../emulator/runner/runner.ts';
import type { Broken } from './fuzz.ts';
import { judge, judgeStep, type Problem } from './judge.ts';
import { PAYLOADS } from './payloads.ts';
import { createFuzzWorld, type FuzzWorld, type Inputs } from './world.ts';

/** Hostile text that comes with the job: inputs, files of the repository, the names in GitHub's token, a fleet's list. */
interface Given {
  readonly title: string;
  run(world: FuzzWorld, payload: string): Promise<StepResult>;
}

/** Each is either refused or harmless. */
const { defaults } = await readAction(join(import.meta.dirname, '..', '..', '..', 'action.yml'));

/** Text inside of what has a form of its own: it gets further than text in its place. */
const WITHIN: Readonly<Record<string, (payload: string) => Inputs>> = {
  clusters: (payload) => ({
    'cluster-name': '',
    clusters: JSON.stringify([{ 'cluster-name': payload, 'resource-group': payload, [payload]: payload }]),
  }),
  'cluster-selector, with a value': (payload) => ({
    'cluster-name': '',
    'cluster-selector': `team=${payload.replaceAll(',', '')}`,
  }),
  'cluster-selector, with a tag': (payload) => ({ 'cluster-name': '', 'cluster-selector': payload }),
  'namespace-labels, with a value': (payload) => ({ 'namespace-labels': JSON.stringify({ team: payload }) }),
  'namespace-labels, with a key': (payload) => ({ 'namespace-labels': JSON.stringify({ [payload]: 'a' }) }),
  'additional-redirect-uris, with a path': (payload) => ({
    'additional-redirect-uris': `https://headlamp.contoso.com/${payload}`,
  }),
  'chart-digest, behind one': (payload) => ({ 'chart-digest': `${'0'.repeat(64)}${payload}` }),
  'chart-digest of another chart': (payload) => ({
    chart: `https://kubernetes-sigs.github.io/headlamp/#${payload}`,
    'chart-digest': '0'.repeat(64),
  }),
  'access, with a role': (payload) => ({ access: JSON.stringify({ [payload]: [GROUP] }) }),
  'access, with a namespace': (payload) => ({
    access: JSON.stringify({ view: [{ group: GROUP, namespaces: [payload] }] }),
  }),
  'values, with a key': (payload) => ({ values: JSON.stringify({ [payload]: { [payload]: payload } }) }),
  'values, with a value': (payload) => ({ values: JSON.stringify({ podLabels: { x: payload }, config: payload }) }),
};

/** A process takes no variable of more than 128 KiB, and some repeat the text. */
const LONGEST_VARIABLE = 10_000;

const GROUP = '11111111-1111-4111-8111-111111111111';

const GIVEN: readonly Given[] = [
  ...Object.keys(defaults).map(
    (name): Given => ({
      title: `input ${name}`,
      run: (world, payload) => world.run({ mode: 'plan', [name]: payload }),
    }),
  ),
  ...Object.entries(WITHIN).map(
    ([name, inputs]): Given => ({
      title: `input ${name}`,
      run: (world, payload) => world.run({ mode: 'plan', ...inputs(payload.slice(0, LONGEST_VARIABLE)) }),
    }),
  ),
  {
    title: 'a values file',
    run: async (world, payload) => {
      await world.file('values.yaml', JSON.stringify({ [payload]: payload, podLabels: { x: payload } }));
      return world.run({ mode: 'plan', 'values-files': 'values.yaml' });
    },
  },
  ...(['ref', 'environment', 'repository', 'actor'] as const).map(
    (name): Given => ({
      title: `${name} in GitHub's token`,
      run: async (world, payload) => {
        const { workflow } = world.emulator;
        const before = { [name]: workflow[name] };
        Object.assign(workflow, { [name]: name === 'repository' ? `contoso/${payload}` : payload });
        const result = await world.run({ mode: 'plan' });
        Object.assign(workflow, before);
        return result;
      },
    }),
  ),
];

/** @returns how many runs there were */
export async function givenText(onBroken: (title: string, broken: Broken) => void, round: number): Promise<number> {
  const world = await createFuzzWorld();
  let runs = 0;
  const note = (title: string, problems: readonly Problem[]) => {
    runs += 1;
    if (problems.length > 0) onBroken(title, { fields: [], problems });
  };
  for (const [index, { title, run }] of GIVEN.entries()) {
    // Two payloads each, so that all come up across the cases.
    for (const turn of [index + round, index + round + 5]) {
      const payload = PAYLOADS[turn % PAYLOADS.length] ?? '';
      const given = title === 'input url' ? payload : '';
      world.emulator.requests.clear();
      note(`${title} is ${JSON.stringify(payload.slice(0, 60))}`, await judge(world, await run(world, payload), given));
    }
  }
  await world.close();
  for (const payload of PAYLOADS) {
    const title = `a fleet's list with ${JSON.stringify(payload.slice(0, 60))}`;
    note(title, await fleet(payload.slice(0, LONGEST_VARIABLE)));
  }
  return runs;
}

/** Both steps of the fleet, with hostile names, keys and results. */
async function fleet(payload: string): Promise<readonly Problem[]> {
  const runner = await createRunner([], 'fleet/action.yml');
  try {
    const common = (clusters: string) =>
      JSON.stringify({ clusters, 'resource-group': 'rg', url: '', 'runs-on': '', 'cluster-selector': '' });
    const lists = [
      [{ 'cluster-name': payload, 'resource-group': payload, url: payload, 'runs-on': payload }],
      [{ 'cluster-name': 'aks', [payload]: payload }],
    ].map((list) => JSON.stringify(list));
    const change = { resource: payload, action: payload, detail: payload };
    const c0 = JSON.stringify([
      { result: 'failure', error: payload, changes: [change], 'secret-expires-on': payload },
      { result: payload },
    ]);
    const steps = [...lists, payload].flatMap((clusters) => [
      { step: 'clusters', common: common(clusters), mode: 'deploy' },
      { step: 'run', common: common(clusters), mode: 'plan', slot: '0' },
      { step: 'report', common: common(clusters), mode: 'deploy', c0, result: 'failure' },
      {
        step: 'report',
        common: common(clusters).replace('""}', '"a=b"}'),
        mode: 'plan',
        'found-0': payload,
        result: '',
      },
    ]);
    const problems: Problem[] = [];
    for (const inputs of steps) problems.push(...(await judgeStep(await runner.step({ inputs }), payload)));
    return problems;
  } finally {
    await runner.remove();
  }
}
