import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRunner } from '../emulator/runner/runner.ts';
import type { RequestRecord } from '../emulator/server/record.ts';
import { buildStandardWorld } from '../emulator/worlds/standard.ts';

const BUNDLE = join(import.meta.dirname, '..', 'dist', 'index.js');
const STARTS = 15;
/** Delay of each request in the measured run, so that parallel requests overlap and dependent ones do not. */
const DELAY_MS = 60;

interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
}

/** Milliseconds from the start of the process to its first line of output: the fastest start, as load only adds time. */
async function firstLine(args: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < STARTS; count += 1) times.push(await startOnce(args));
  return Math.min(...times);
}

function startOnce(args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'], env: {} });
    child.on('error', reject);
    child.stdout.once('data', () => {
      resolve(performance.now() - started);
      child.kill('SIGKILL');
    });
  });
}

/** Length of the longest chain of requests in which each starts after the one before it ended: the round trips. */
function longestChain(requests: readonly RequestRecord[]): number {
  const byStart = [...requests].sort((a, b) => a.startedAt - b.startedAt);
  const depth = new Map<RequestRecord, number>();
  for (const request of byStart) {
    const before = byStart.filter((other) => other.endedAt !== undefined && other.endedAt <= request.startedAt);
    depth.set(request, 1 + Math.max(0, ...before.map((other) => depth.get(other) ?? 0)));
  }
  return Math.max(0, ...depth.values());
}

async function nothingToChange(): Promise<{ requests: number; chain: number }> {
  const world = await buildStandardWorld();
  const runner = await createRunner();
  const step = () => runner.step({ inputs: world.inputs, environment: world.emulator.environment() });
  try {
    await step();
    world.emulator.requests.clear();
    world.emulator.faults.add({ matches: () => true, fault: { kind: 'delay', milliseconds: DELAY_MS } });
    const { exitCode, error } = await step();
    if (exitCode !== 0) throw new Error(error);
    const requests = world.emulator.requests.all().filter(({ from }) => from === 'client');
    return { requests: requests.length, chain: longestChain(requests) };
  } finally {
    await Promise.all([world.emulator.close(), runner.remove()]);
  }
}

const { values: options } = parseArgs({ options: { counts: { type: 'boolean', default: false } } });

/** Depends on the machine, and on what else it does. */
async function start(): Promise<Measure> {
  const bare = await firstLine(['-e', 'console.log(1)']);
  const value = await firstLine([BUNDLE]);
  const ratio = (value / bare).toFixed(1);
  console.log(`Node.js ${process.version}, bare start ${bare.toFixed(0)} ms (the action's is ${ratio} times that)\n`);
  return { name: 'start to first log line', value, unit: 'ms', limit: 100 };
}

const { requests, chain } = await nothingToChange();
const measures: readonly Measure[] = [
  { name: 'bundle size', value: (await stat(BUNDLE)).size / 1_000_000, unit: 'MB', limit: 1.25 },
  ...(options.counts ? [] : [await start()]),
  { name: 'requests of a run with nothing to change', value: requests, unit: '', limit: 20 },
  { name: 'of them one after another', value: chain, unit: '', limit: 5 },
];
for (const { name, value, unit, limit } of measures) {
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(2);
  console.log(
    `${name.padEnd(42)} ${`${shown} ${unit}`.padEnd(10)} limit ${limit} ${unit}`.trimEnd() +
      (value > limit ? '  EXCEEDED' : ''),
  );
}
if (measures.some(({ value, limit }) => value > limit)) process.exitCode = 1;
