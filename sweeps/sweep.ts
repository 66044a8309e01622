import { foreignState } from './foreign.ts';
import { brokenAfterRepair, isClearError, leaks, problemsOf } from './invariants.ts';
import type { Mode } from './modes.ts';
import { type Options, readOptions } from './options.ts';
import { createWorldPool, type WorldPool } from './pool.ts';
import { type RequestKey, requestKeys, titleOf } from './requests.ts';
import { emptyRow, printTable, type Row, total } from './table.ts';
import type { SweepRun, SweepWorld } from './world.ts';

/** A way to disturb a run. */
export interface Disturbance<M extends Mode = Mode> {
  readonly name: string;
  /** The requests of an undisturbed run at which it is tried; undefined stands for the run as a whole. */
  at(requests: readonly RequestKey[]): readonly (RequestKey | undefined)[];
  /** Runs the action once, disturbed, and ends the disturbance. */
  disturb(world: SweepWorld, mode: M, turn: number, request: RequestKey | undefined): Promise<Disturbed>;
}

export interface Disturbed {
  readonly run: SweepRun;
  /** False where the request did not come this time. */
  readonly struck: boolean;
  /** Where the run was ended from outside it has no result to judge; after a kill there was no post step either. */
  readonly ending: 'its own' | 'cancelled' | 'killed';
  /** What was wrong with how it ended. */
  readonly problems?: readonly string[];
}

interface Trial<M extends Mode> {
  readonly mode: M;
  readonly disturbance: Disturbance<M>;
  readonly request: RequestKey | undefined;
}

interface Verdict {
  readonly struck: boolean;
  /** The error's id and sentence, where the run ended with a documented one. */
  readonly clearError: string | undefined;
  readonly broken: readonly string[];
}

const PROGRESS_EVERY_MS = 60_000;
const CLEAR_ERROR_LENGTH = 200;

/** Disturbs runs in every given way at every request, prints what came of it, and fails where a promise was broken. */
export async function sweep<M extends Mode>(
  title: string,
  modes: readonly M[],
  disturbances: readonly Disturbance<M>[],
  speed: number,
): Promise<void> {
  const options = readOptions(modes, speed);
  const pool = createWorldPool(options.speed);
  const started = performance.now();
  const rows = new Map<string, Row>();
  const trials = await listTrials(options, disturbances, pool);
  const queue = spread(trials);
  let turn = 0;
  const progress = setInterval(() => console.log(`… ${turn} of ${trials.length} begun`), PROGRESS_EVERY_MS);
  const work = async () => {
    while (performance.now() - started < options.budgetMs) {
      const trial = queue.shift();
      if (!trial) return;
      turn += 1;
      count(rows, trial, await attempt(trial, pool, turn));
    }
  };
  await Promise.all(Array.from({ length: options.parallel }, work));
  clearInterval(progress);
  await pool.close();
  const inOrder = [...new Set(trials.map(rowTitle))].flatMap((name) => rows.get(name) ?? []);
  printTable(inOrder);
  const sum = total(inOrder);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(
    `${title}: ${sum.tried} of ${trials.length} requests tried in ${minutes} min, ${sum.survived} survived, ${sum.clearErrors} clear errors, invariants broken: ${sum.broken}`,
  );
  process.exitCode = sum.broken === 0 && sum.tried > 0 ? 0 : 1;
}

/** An undisturbed run of each mode says which requests there are. */
async function listTrials<M extends Mode>(
  { modes, only }: Options<M>,
  disturbances: readonly Disturbance<M>[],
  pool: WorldPool,
): Promise<Trial<M>[]> {
  const lists = await Promise.all(
    modes.map(async (mode) => {
      const world = await pool.take(mode);
      world.emulator.requests.clear();
      const { error } = await world.run({ ...world.sites[0]?.inputs, ...mode.inputs(0) });
      if (error !== '') throw new Error(`Mode ${mode.name} fails undisturbed: ${error}`);
      const requests = requestKeys(world.emulator.requests.all());
      await pool.giveBack(mode, world, true);
      return disturbances.flatMap((disturbance) =>
        disturbance.at(requests).map((request) => ({ mode, disturbance, request })),
      );
    }),
  );
  return lists.flat().filter((trial) => only.test(trialTitle(trial)));
}

async function attempt<M extends Mode>(
  { mode, disturbance, request }: Trial<M>,
  pool: WorldPool,
  turn: number,
): Promise<Verdict> {
  const world = await pool.take(mode);
  const foreign = foreignState(world);
  const { run, struck, ending, problems = [] } = await disturbance.disturb(world, mode, turn, request);
  const judged = ending === 'its own';
  const broken = [
    ...problems,
    ...world.signInProblems(),
    ...(judged ? problemsOf(run) : []),
    ...(ending === 'killed' ? [] : (await world.leftovers()).map((name) => `${name} was left behind`)),
    ...leaks(world, run),
    ...(await brokenAfterRepair(world, foreign, mode.next(turn), mode.last(turn))),
    ...world.emulator.crashes.map((crash) => `the emulator failed at ${crash.request}: ${crash.error}`),
  ];
  await pool.giveBack(mode, world, broken.length === 0);
  return { struck, clearError: judged && isClearError(run) ? run.error : undefined, broken };
}

function count<M extends Mode>(rows: Map<string, Row>, trial: Trial<M>, { struck, clearError, broken }: Verdict): void {
  const row = rows.get(rowTitle(trial)) ?? emptyRow(rowTitle(trial));
  rows.set(row.title, row);
  if (broken.length > 0) {
    row.broken += 1;
    console.log(`BROKEN ${trialTitle(trial)}\n${broken.map((line) => `  ${line}`).join('\n')}`);
  }
  if (!struck) row.missed += 1;
  else row.tried += 1;
  if (clearError !== undefined)
    console.log(`clear error, ${trialTitle(trial)}: ${clearError.split('\n')[0]?.slice(0, CLEAR_ERROR_LENGTH)}`);
  if (struck && broken.length === 0) row[clearError === undefined ? 'survived' : 'clearErrors'] += 1;
}

const rowTitle = <M extends Mode>({ mode, disturbance }: Trial<M>) => `${mode.name}: ${disturbance.name}`;
const trialTitle = <M extends Mode>(trial: Trial<M>) =>
  `${rowTitle(trial)}${trial.request ? ` at ${titleOf(trial.request)}` : ''}`;

/**
 * The trials in such an order that every beginning of it is spread over all: by multiples of the golden ratio. What
 * writes comes first, as most is at stake there.
 */
function spread<M extends Mode>(trials: readonly Trial<M>[]): Trial<M>[] {
  const rank = ({ request }: Trial<M>, index: number) =>
    (request?.write === false ? 1 : 0) + ((index * 0.618_033_988_75) % 1);
  return trials
    .map((trial, index) => ({ trial, rank: rank(trial, index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ trial }) => trial);
}
