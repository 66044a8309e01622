import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import type { Mode } from './scenarios.ts';

export interface Options<M extends Mode> {
  readonly modes: readonly M[];
  /** Trials whose title it matches. */
  readonly only: RegExp;
  /** Real time after which no more trials are begun; they are spread evenly over all. */
  readonly budgetMs: number;
  readonly parallel: number;
  /** How many emulated seconds pass in a real one. */
  readonly speed: number;
}

const HELP = `Options:
  --mode NAME,NAME   what is disturbed, of:
                     MODES
  --only REGEX       trials whose title it matches
  --budget MINUTES   as many trials as fit, spread over all
  --parallel N       worlds at once
  --speed N          emulated seconds in a real one`;

export function readOptions<M extends Mode>(modes: readonly M[], speed: number): Options<M> {
  const { values } = parseArgs({
    options: {
      mode: { type: 'string', default: modes.map(({ name }) => name).join() },
      only: { type: 'string', default: '' },
      budget: { type: 'string', default: 'Infinity' },
      // Many runs wait for most of their time.
      parallel: { type: 'string', default: String(2 * availableParallelism()) },
      speed: { type: 'string', default: String(speed) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP.replace('MODES', modes.map(({ name }) => name).join(', ')));
    process.exit(0);
  }
  const names = values.mode.split(',');
  const unknown = names.find((name) => !modes.some((mode) => mode.name === name));
  if (unknown !== undefined) throw new Error(`There is no mode ${unknown}.`);
  return {
    modes: modes.filter(({ name }) => names.includes(name)),
    only: new RegExp(values.only),
    budgetMs: Number(values.budget) * 60_000,
    parallel: Number(values.parallel),
    speed: Number(values.speed),
  };
}
