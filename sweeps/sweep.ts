import { endingProblems, isDocumentedError, leaks, problemsAfterRepair } from './invariants.ts';
import { type Options, readOptions } from './options.ts';
import { type RequestKey, requestKeys, titleOf, withoutPolls } from './request-key.ts';
import { emptyRow, printTable, type Row, total } from './result-table.ts';
import type { Scenario } from './scenarios.ts';
import { stateSetByOthers } from './set-by-others.ts';
import type { SweepRun, SweepWorld } from './world.ts';
import { createWorldPool, type WorldPool } from './world-pool.ts';

/** A way to disturb a run, such as a kill or a failing request. */
export interface Disturbance<M extends Scenario = Scenario> {
  readonly name: string;
  /** Picks from the requests of an undisturbed run those to disturb; undefined is the run as a whole. */
  at(requests: readonly RequestKey[]): readonly (RequestKey | undefined)[];
  /** Runs the action once with the disturbance, and ends the disturbance. */
  disturb(world: SweepWorld, scenario: M, turn: number, request: RequestKey | undefined): Promise<Disturbed>;
}

export interface Disturbed {
  readonly run: SweepRun;
  /** Whether the request to disturb came. */
  readonly hit: boolean;
  /** Only a finished run has a result to check. A killed one had no post step either. */
  readonly ending: 'finished' | 'cancelled' | 'killed';
  /** Whether a success may leave work to the next run, as a run does that another one has overtaken. */
  readonly mayLeaveWork?: boolean;
  /** What else was wrong with how it ended. */
  readonly problems?: readonly string[];
}

interface Trial<M extends Scenario> {
  readonly scenario: M;
  readonly disturbance: Disturbance<M>;
  readonly request: RequestKey | undefined;
}

interface TrialResult {
  readonly hit: boolean;
  /** Id and text of the error, if the run ended with a documented one. */
  readonly documentedError: string | undefined;
  readonly broken: readonly string[];
}

/** A removal tells people that it keeps a namespace if it may hold something of others. */
const NAMESPACE_STAYS = 'Stays: the objects in namespace headlamp could not be listed';

const PROGRESS_EVERY_MS = 60_000;
const ERROR_LENGTH = 200;

/** Disturbs each scenario in every way at every request. Prints the results, and fails if a promise was broken. */
export async function sweep<M extends Scenario>(
  title: string,
  scenarios: readonly M[],
  disturbances: readonly Disturbance<M>[],
  speed: number,
): Promise<void> {
  const options = readOptions(scenarios, speed);
  const pool = createWorldPool(options.speed);
  const started = performance.now();
  const rows = new Map<string, Row>();
  const trials = await listTrials(options, disturbances, pool);
  let turn = 0;
  const progress = setInterval(() => console.log(`… ${turn} of ${trials.length} started`), PROGRESS_EVERY_MS);
  await sideBySide(spreadEvenly(trials), options.parallel, async (trial) => {
    if (performance.now() - started >= options.budgetMs) return;
    turn += 1;
    record(rows, trial, await runTrial(trial, pool, turn));
  });
  clearInterval(progress);
  await pool.close();
  const sortedRows = [...new Set(trials.map(rowTitle))].flatMap((name) => rows.get(name) ?? []);
  printTable(sortedRows);
  const sum = total(sortedRows);
  const minutes = ((performance.now() - started) / 60_000).toFixed(1);
  console.log(
    `${title}: ${sum.tried} of ${trials.length} requests tried in ${minutes} min, ${sum.survived} survived, ${sum.documentedErrors} documented errors, invariants broken: ${sum.broken}`,
  );
  process.exitCode = sum.broken === 0 && sum.tried > 0 ? 0 : 1;
}

/** Lists the trials, from the requests of an undisturbed run of each scenario. */
async function listTrials<M extends Scenario>(
  { scenarios, only, parallel }: Options<M>,
  disturbances: readonly Disturbance<M>[],
  pool: WorldPool,
): Promise<Trial<M>[]> {
  const lists = new Map<M, readonly Trial<M>[]>(scenarios.map((scenario) => [scenario, []]));
  await sideBySide(scenarios, parallel, async (scenario) => {
    const world = await pool.take(scenario);
    world.emulator.requests.clear();
    const { error } = await world.run({ ...world.installations[0]?.inputs, ...scenario.inputs(0) });
    if (error !== '') throw new Error(`Scenario ${scenario.name} fails undisturbed: ${error}`);
    const requests = withoutPolls(requestKeys(world.emulator.requests.all()));
    await pool.release(scenario, world, true);
    const trials = disturbances.flatMap((disturbance) =>
      disturbance.at(requests).map((request) => ({ scenario, disturbance, request })),
    );
    lists.set(scenario, trials);
  });
  return [...lists.values()].flat().filter((trial) => trialTitle(trial).includes(only));
}

/** Does not start more at once: these worlds' clocks run fast, and on a busy machine connections would time out. */
async function sideBySide<T>(items: readonly T[], parallel: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}

async function runTrial<M extends Scenario>(
  { scenario, disturbance, request }: Trial<M>,
  pool: WorldPool,
  turn: number,
): Promise<TrialResult> {
  const world = await pool.take(scenario);
  const othersBefore = stateSetByOthers(world);
  const disturbed = await disturbance.disturb(world, scenario, turn, request);
  const { run, hit, ending, mayLeaveWork = false, problems = [] } = disturbed;
  const finished = ending === 'finished';
  const hasToldOfRest = run.output.includes(NAMESPACE_STAYS);
  const isDone = finished && run.exitCode === 0 && !mayLeaveWork && !hasToldOfRest && repeats(scenario, turn);
  const broken = [
    ...problems,
    ...world.signInProblems(),
    ...(finished ? endingProblems(run) : []),
    ...(ending === 'killed'
      ? []
      : (await world.leftovers()).map((name) => `${name} was left in the runner's temporary folder`)),
    ...leaks(world, run),
    ...(await problemsAfterRepair(world, othersBefore, {
      next: isDone ? undefined : scenario.next(turn),
      meanwhile: async () => scenario.meanwhile?.(world),
      last: scenario.last(turn),
    })),
    ...world.emulator.crashes.map((crash) => `the emulator failed at ${crash.request}: ${crash.error}`),
  ];
  await pool.release(scenario, world, broken.length === 0);
  return { hit, documentedError: finished && isDocumentedError(run) ? run.error : undefined, broken };
}

/** Whether the next run would only do again what a disturbed run that succeeded has done. */
const repeats = <M extends Scenario>({ inputs, next, meanwhile }: M, turn: number) =>
  meanwhile === undefined && JSON.stringify(inputs(turn)) === JSON.stringify(next(turn));

function record<M extends Scenario>(
  rows: Map<string, Row>,
  trial: Trial<M>,
  { hit, documentedError, broken }: TrialResult,
): void {
  const row = rows.get(rowTitle(trial)) ?? emptyRow(rowTitle(trial));
  rows.set(row.title, row);
  if (broken.length > 0) {
    row.broken += 1;
    console.log(`BROKEN ${trialTitle(trial)}\n${broken.map((line) => `  ${line}`).join('\n')}`);
  }
  if (!hit) row.notReached += 1;
  else row.tried += 1;
  if (documentedError !== undefined)
    console.log(`documented error, ${trialTitle(trial)}: ${documentedError.split('\n')[0]?.slice(0, ERROR_LENGTH)}`);
  if (hit && broken.length === 0) row[documentedError === undefined ? 'survived' : 'documentedErrors'] += 1;
}

const rowTitle = <M extends Scenario>({ scenario, disturbance }: Trial<M>) => `${scenario.name}: ${disturbance.name}`;
const trialTitle = <M extends Scenario>(trial: Trial<M>) =>
  `${rowTitle(trial)}${trial.request ? ` at ${titleOf(trial.request)}` : ''}`;

/**
 * Orders the trials so that the first ones, however many a budget allows, are spread evenly over all, by multiples of
 * the golden ratio. Trials at writes come first: most can go wrong there.
 */
function spreadEvenly<M extends Scenario>(trials: readonly Trial<M>[]): Trial<M>[] {
  const rank = ({ request }: Trial<M>, index: number) =>
    (request?.write === false ? 1 : 0) + ((index * 0.618_033_988_75) % 1);
  return trials
    .map((trial, index) => ({ trial, rank: rank(trial, index) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ trial }) => trial);
}
