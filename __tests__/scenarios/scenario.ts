import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { chartDigest } from '../../emulator/helm/chart-repository.ts';
import { realTools } from '../../emulator/helm/tools.ts';
import { type JsonObject, put } from '../../emulator/lib/json.ts';
import { createRunner, type Runner, type StepResult } from '../../emulator/runner/runner.ts';

import { releases } from '../../emulator/worlds/deployed.ts';
import { buildStandardWorld, type World, type WorldOptions } from '../../emulator/worlds/standard.ts';

export { deployment, pods, registration, releases, vaultSecrets } from '../../emulator/worlds/deployed.ts';

/** A world, and a runner with the real helm on its path, which keeps what helm was given. */
export interface Scenario extends World {
  readonly runner: Runner;
  /** A folder of the runner's PATH. */
  readonly bin: string;
  /** Runs the built action with the standard inputs and these over them. */
  run(inputs?: Readonly<Record<string, string>>, environment?: Readonly<Record<string, string>>): Promise<StepResult>;
  /** As above, on a runner that is killed when the signal is aborted. */
  runUntil(kill: AbortSignal, inputs?: Readonly<Record<string, string>>): Promise<StepResult>;
  /** Arguments, environment and the files in the runner's temporary folder, of each call of helm. */
  helmTraces(): Promise<readonly string[]>;
}

/** Registers what is to be done when the test, or the suite that shares the scenario, has ended. */
export type AtEnd = (end: () => Promise<void>) => void;

/** A cluster that has Entra integration already, for scenarios about something else. */
export const withEntra = (adminGroupObjectIds: readonly string[] = []): JsonObject => ({
  aadProfile: {
    managed: true,
    enableAzureRBAC: false,
    adminGroupObjectIDs: [...adminGroupObjectIds],
    tenantID: '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64',
  },
});

/** Emulated seconds per real second: pauses get short, and no timeout of the action gets close. */
const SPEED = 5;

/**
 * `run` starts the action in emulated time; helm and other clients stay in real time. So a scenario that starts other
 * clients beside a run passes speed 1, and a short wait-timeout must leave helm enough real time.
 * @param atEnd of the test's own context, where tests run side by side; of `shared`, where tests share the scenario
 */
export async function createScenario(options: WorldOptions = {}, atEnd: AtEnd = onTestFinished): Promise<Scenario> {
  const traces = await mkdtemp(join(tmpdir(), 'traces-'));
  const bin = join(traces, 'bin');
  await mkdir(bin);
  const [world, runner] = await Promise.all([buildStandardWorld({ speed: SPEED, ...options }), createRunner([bin])]);
  await tracedHelm(join(bin, 'helm'), join(traces, 'calls'), runner.temp);
  atEnd(async () => {
    await world.emulator.close();
    await Promise.all([runner.remove(), rm(traces, { recursive: true, force: true })]);
    // A fault of the emulator must not pass for one of the action, nor hide one.
    if (world.emulator.crashes.length > 0)
      throw new Error(
        `The emulator failed: ${JSON.stringify(world.emulator.crashes.map(({ request, error }) => [request, String(error)]))}`,
      );
  });
  const step = async (
    inputs: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>>,
    kill?: AbortSignal,
  ) =>
    runner.step({
      inputs: { ...world.inputs, ...(await ownChart(inputs)), ...inputs },
      environment: { ...world.emulator.environment(), ...world.emulator.clock.environment(), ...environment },
      ...(kill && { kill }),
    });
  return {
    ...world,
    runner,
    bin,
    run: (inputs = {}, environment = {}) => step(inputs, environment),
    runUntil: (kill, inputs = {}) => step(inputs, {}, kill),
    helmTraces: async () => {
      const files = await readdir(join(traces, 'calls'), { recursive: true, withFileTypes: true }).catch(() => []);
      return Promise.all(
        files.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
      );
    },
  };
}

/** A scenario after its first deployment; the requests since then are counted. */
export async function createDeployed(inputs: Readonly<Record<string, string>> = {}, atEnd?: AtEnd): Promise<Scenario> {
  const scenario = await createScenario({ cluster: withEntra() }, atEnd);
  const { error } = await scenario.run(inputs);
  if (error !== '') throw new Error(`The first deployment failed: ${error}`);
  scenario.emulator.requests.clear();
  return scenario;
}

/** Leaves the newest revision as a helm that was killed leaves it. */
export function leavePending(world: World, status: string): void {
  const [newest] = releases(world);
  if (!newest) throw new Error('There is no release.');
  const record = JSON.parse(newest.record);
  record.info = { ...record.info, status, last_deployed: new Date(Date.now() - 120_000).toISOString() };
  const data = Buffer.from(gzipSync(JSON.stringify(record)).toString('base64')).toString('base64');
  world.cluster.put(
    'Secret',
    put(put(newest.secret, ['metadata', 'labels', 'status'], status), ['data', 'release'], data),
  );
}

/** The real helm behind a script that keeps what it was called with, and what files there were at that moment. */
async function tracedHelm(path: string, traces: string, temp: string): Promise<void> {
  const { helm } = await realTools();
  const script = [
    '#!/bin/sh',
    `trace="${traces}/$$"`,
    'mkdir -p "$trace"',
    '{ printf "%s\\n" "$@"; env; } > "$trace/call"',
    `cp -rp "${temp}" "$trace/temp"`,
    `exec "${helm}" "$@"`,
  ];
  await writeFile(path, `${script.join('\n')}\n`);
  await chmod(path, 0o755);
}

/** The digest of the chart that the inputs ask for, as the emulator packs it: the action knows the published ones. */
async function ownChart(inputs: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  if (inputs['chart'] !== undefined) return { 'chart-digest': '' };
  return { 'chart-digest': await chartDigest(inputs['chart-version']) };
}
