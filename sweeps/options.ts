import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Scenario } from './scenarios.ts';

export interface Options<M extends Scenario> {
  readonly scenarios: readonly M[];
  /** Only trials whose title contains this text run. */
  readonly only: string;
  /** Real time after which no more trials start. */
  readonly budgetMs: number;
  /** How many trials run at once, each in a world of its own. */
  readonly parallel: number;
  /** Emulated seconds per real second. */
  readonly speed: number;
}

/** More trials than cores: runs spend most of their time waiting. */
const PARALLEL = 2 * availableParallelism();

const HELP = `Options:
  --scenario NAME,NAME  disturb these runs only. Known names:
                        SCENARIOS
  --only TEXT           run only trials whose title contains this text, as printed for a broken one
  --budget MINUTES      start no more trials after this time (default: no limit); writes go first
  --parallel N          trials at once (default: PARALLEL)
  --speed N             emulated seconds per real second (default: SPEED)
  --help                show this text`;

export function readOptions<M extends Scenario>(scenarios: readonly M[], speed: number): Options<M> {
  const { values } = parseArgs({
    options: {
      scenario: { type: 'string', default: scenarios.map(({ name }) => name).join() },
      only: { type: 'string', default: '' },
      budget: { type: 'string', default: 'Infinity' },
      parallel: { type: 'string', default: String(PARALLEL) },
      speed: { type: 'string', default: String(speed) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    const names = scenarios.map(({ name }) => name).join(', ');
    console.log(HELP.replace('SCENARIOS', names).replace('PARALLEL', String(PARALLEL)).replace('SPEED', String(speed)));
    process.exit(0);
  }
  const names = values.scenario.split(',');
  const unknown = names.find((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown !== undefined) throw new Error(`Unknown scenario: ${unknown}`);
  return {
    scenarios: scenarios.filter(({ name }) => names.includes(name)),
    only: values.only,
    budgetMs: Number(values.budget) * 60_000,
    parallel: Number(values.parallel),
    speed: Number(values.speed),
  };
}
