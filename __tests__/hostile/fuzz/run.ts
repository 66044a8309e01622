import { parseArgs } from 'node:util';
import { type Broken, fuzz } from './fuzz.ts';
import { givenText } from './given-text.ts';
import { KINDS } from './judge.ts';
import { MODES } from './modes.ts';

const HELP = `Options:
  --mode NAME,NAME   these runs only: ${MODES.map(({ name }) => name).join(', ')}
  --only REGEX       fields with a matching title, as printed for a broken promise
  --budget MINUTES   start no more runs after this time (default: no limit)
  --batch N          hostile fields in one run, each in another answer (default: 10)
  --parallel N       runs at once (default: 4)
  --round N          shifts which payload each field gets (default: 0)
  --help             show this text`;

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: '' },
    only: { type: 'string', default: '' },
    budget: { type: 'string', default: 'Infinity' },
    batch: { type: 'string', default: '10' },
    parallel: { type: 'string', default: '4' },
    round: { type: 'string', default: '0' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(HELP);
  process.exit(0);
}

const found: Broken[] = [];
const note = (where: string, broken: Broken) => {
  found.push(broken);
  const lines = [...broken.fields, ...broken.problems.map(({ text }) => `→ ${text}`)];
  console.log(`BROKEN ${where}\n${lines.map((line) => `  ${line}`).join('\n')}`);
};

const names = values.mode.split(',');
const modes = values.mode === '' ? MODES : MODES.filter(({ name }) => names.includes(name));
if (modes.length === 0) throw new Error(`Unknown mode: ${values.mode}`);
const round = Number(values.round);
const given = values.mode === '' && values.only === '' ? await givenText(note, round) : 0;
const results = await fuzz(
  {
    modes,
    only: new RegExp(values.only),
    budgetMs: Number(values.budget) * 60_000,
    batch: Number(values.batch),
    parallel: Number(values.parallel),
    round,
  },
  {
    broken: note,
    ended: ({ mode, fields, delivered, runs }) =>
      console.log(`… ${mode}: ${fields} fields, ${delivered} of them read, in ${runs} runs`),
  },
);
console.table(results.map(({ broken, ...row }) => ({ ...row, broken: broken.length })));
const sum = (column: 'fields' | 'delivered' | 'runs') => results.reduce((total, row) => total + row[column], 0);
const counts = KINDS.map((kind) => {
  const count = found.flatMap(({ problems }) => problems).filter((problem) => problem.kind === kind).length;
  return `${kind}: ${count}`;
});
console.log(`Hostile answers: ${sum('fields')} fields, ${sum('delivered')} of them read, in ${sum('runs')} runs`);
console.log(`Hostile inputs: ${given} runs`);
console.log(counts.join(', '));
process.exitCode = found.length === 0 ? 0 : 1;
