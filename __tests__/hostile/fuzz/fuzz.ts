import { titleOf } from './fields.ts';
import type { Problem } from './judge.ts';
import type { Mode } from './mode.ts';
import { PAYLOADS } from './payloads.ts';
import { enumerateFields, type Injection, runTrial } from './trial.ts';
import { createFuzzWorld, type FuzzWorld } from './world.ts';

export interface FuzzOptions {
  readonly modes: readonly Mode[];
  /** Fields with a matching title. */
  readonly only: RegExp;
  /** No hostile run starts after it; to find the fields takes more. */
  readonly budgetMs: number;
  /** Fields of one run, each of another answer. */
  readonly batch: number;
  readonly parallel: number;
  /** Shifts which payload each field gets. */
  readonly round: number;
}

export interface ModeResult {
  readonly mode: string;
  readonly fields: number;
  readonly delivered: number;
  readonly runs: number;
  readonly broken: readonly Broken[];
}

export interface Broken {
  readonly fields: readonly string[];
  readonly problems: readonly Problem[];
}

/** So few get every payload, in both places. */
const FEW_FIELDS = 60;

/** How often a field is tried that never comes, as the fields before it end the run. */
const ATTEMPTS = 4;

/** Is told of what happens while it goes on. */
export interface Listener {
  broken(mode: string, broken: Broken): void;
  ended?(result: ModeResult): void;
}

/** Fills every text of every answer with hostile text, and judges each run. */
export async function fuzz(options: FuzzOptions, listener: Listener): Promise<readonly ModeResult[]> {
  const results: ModeResult[] = [];
  const onBroken = (mode: Mode) => (broken: Broken) => listener.broken(mode.name, broken);
  let left = options.budgetMs;
  for (const [index, mode] of options.modes.entries()) {
    // What a mode does not use of its share is left to the others.
    const { result, spentMs } = await fuzzMode(mode, options, left / (options.modes.length - index), onBroken(mode));
    left -= spentMs;
    listener.ended?.(result);
    results.push(result);
  }
  return results;
}

interface Pending extends Injection {
  attempts: number;
}

async function fuzzMode(
  mode: Mode,
  { only, batch, parallel, round }: FuzzOptions,
  shareMs: number,
  onBroken: (broken: Broken) => void,
): Promise<{ readonly result: ModeResult; readonly spentMs: number }> {
  const worlds = createWorlds(mode);
  const first = await worlds.take();
  const fields = (await enumerateFields(first, mode)).filter(
    (field) => only.test(titleOf(field)) && (mode.only?.test(titleOf(field)) ?? true),
  );
  await worlds.release(first);
  const turns = fields.length < FEW_FIELDS ? 2 * PAYLOADS.length : 1;
  const all = Array.from({ length: turns }, (_, turn) => fields.map((field, index) => ({ field, turn: index + turn })));
  const queue = spread(all.flat().map(({ field, turn }): Pending => ({ field, turn: turn + round, attempts: 0 })));
  const broken: Broken[] = [];
  let [runs, delivered] = [0, 0];
  const started = performance.now();
  const work = async () => {
    while (performance.now() - started < shareMs) {
      const injections = takeBatch(queue, batch);
      if (injections.length === 0) return;
      const turn = ++runs;
      const world = await worlds.take();
      const result = await runTrial(world, mode, injections, turn);
      await worlds.release(world);
      delivered += result.delivered.length;
      for (const injection of injections)
        if (!result.delivered.includes(injection) && ++injection.attempts < ATTEMPTS) queue.push(injection);
      if (result.problems.length === 0) continue;
      const found = { fields: result.delivered.map(titleOfInjection), problems: result.problems };
      broken.push(found);
      onBroken(found);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const spentMs = performance.now() - started;
  await worlds.close();
  return { result: { mode: mode.name, fields: fields.length, delivered, runs, broken }, spentMs };
}

const titleOfInjection = ({ field, turn }: Injection) => `${titleOf(field)} (turn ${turn})`;

/** Fields of different answers; a field that was tried in vain comes with fewer others. */
function takeBatch(queue: Pending[], size: number): Pending[] {
  const batch: Pending[] = [];
  for (const pending of [...queue]) {
    if (batch.length >= Math.max(1, size >> Math.max(0, ...batch.map(({ attempts }) => attempts)))) break;
    if (batch.some(({ field }) => field.request === pending.field.request)) continue;
    if (batch.length > 0 && pending.field.part === 'failure') continue;
    batch.push(pending);
    queue.splice(queue.indexOf(pending), 1);
    if (pending.field.part === 'failure') break;
  }
  return batch;
}

/** However many runs a budget allows, they are spread evenly, by multiples of the golden ratio. */
function spread<T>(items: readonly T[]): T[] {
  return items
    .map((item, index) => ({ item, rank: (index * 0.618_033_988_75) % 1 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

/** Worlds in which the mode's run can start. */
function createWorlds(mode: Mode) {
  const idle: FuzzWorld[] = [];
  const take = async (): Promise<FuzzWorld> => {
    const world = idle.pop() ?? (await createFuzzWorld());
    if (await mode.prepare(world)) return world;
    // The last run left what a plain one cannot repair.
    await world.close();
    return take();
  };
  return {
    take,
    release: async (world: FuzzWorld) => {
      if (mode.needsFreshWorld) await world.close();
      else idle.push(world);
    },
    close: async () => {
      await Promise.all(idle.map((world) => world.close()));
    },
  };
}
