/** The action on 100 and on 1,000 clusters in one step, on an Azure with the latencies of latencies.ts. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordFleet } from '../e2e/browser/screenshots.ts';
import { heading, table } from '../emulator/demo/screen.ts';
import { type JsonObject, text } from '../emulator/lib/json.ts';
import { createRunner, type Runner, type StepResult } from '../emulator/runner/runner.ts';
import { copyDeployment } from '../emulator/worlds/deployed-fleet.ts';
import { addClusters } from '../emulator/worlds/many.ts';
import { buildStandardWorld, type World } from '../emulator/worlds/standard.ts';
import { slowDown } from './slow.ts';

const PARALLEL = '16';
/** So many client secrets are due in the last two measures. */
const DUE = 50;
const THROTTLED_MS = 30_000;

interface Measure {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly megabytes: number;
  readonly requests: number;
  readonly result: StepResult;
}

interface Fleet extends World {
  readonly runner: Runner;
  readonly size: number;
}

async function createFleet(size: number): Promise<Fleet> {
  const [world, runner] = await Promise.all([buildStandardWorld(), createRunner()]);
  const { error } = await runner.step({ inputs: world.inputs, environment: world.emulator.environment() });
  if (error !== '') throw new Error(`The first deployment failed.\n${error}`);
  const names = Array.from({ length: size }, (_, index) => `aks-${String(index).padStart(4, '0')}`);
  const records = await addClusters(
    world,
    names.map((name) => ({ name, tags: { headlamp: 'enabled' } })),
  );
  copyDeployment(world, records.slice(0, -DUE));
  copyDeployment(world, records.slice(-DUE), 70);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  slowDown(world.emulator);
  return { ...world, runner, size };
}

async function measure(fleet: Fleet, more: Readonly<Record<string, string>>, kill?: AbortSignal): Promise<Measure> {
  const { emulator, runner } = fleet;
  const folder = await mkdtemp(join(tmpdir(), 'usage-'));
  const usage = join(folder, 'usage');
  const selected = { 'cluster-name': '', 'cluster-selector': 'headlamp=enabled', parallel: PARALLEL };
  emulator.requests.clear();
  const started = performance.now();
  const result = await runner.step({
    inputs: { ...fleet.inputs, ...selected, ...more },
    environment: {
      ...emulator.environment(),
      NODE_OPTIONS: `--require ${join(import.meta.dirname, 'usage.cjs')}`,
      USAGE_FILE: usage,
    },
    ...(kill && { kill }),
  });
  const seconds = (performance.now() - started) / 1000;
  const [main = '{}'] = (await readFile(usage, 'utf8').catch(() => '')).split('\n');
  await rm(folder, { recursive: true });
  const requests = emulator.requests.all().filter(({ from }) => from === 'client').length;
  return { cpuSeconds: 0, megabytes: 0, ...JSON.parse(main || '{}'), seconds, requests, result };
}

const unchanged = async (fleet: Fleet, mode: string) => {
  const measured = await measure(fleet, { mode, 'rotate-before': '1d' });
  if (measured.result.error !== '' || measured.result.outputs['changed'] !== 'false')
    throw new Error(`Mode ${mode} with nothing to do: ${measured.result.error.slice(0, 2_000)}`);
  return measured;
};

/** Clusters whose pods have another client secret than the vault, or one that Entra has not. */
function lockedOut({ emulator, vault }: Fleet): number {
  const secrets = emulator.keyVault.secrets(vault.name);
  const known = new Set(
    [...emulator.directory.applications.values()].flatMap(({ passwordCredentials }) =>
      passwordCredentials.map(({ secretText }) => secretText),
    ),
  );
  return [...emulator.arm.clusters.values()].filter(({ kubernetes, model }) => {
    const cluster = emulator.cluster(kubernetes.fqdn);
    const data = text(cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'), 'data', 'OIDC_CLIENT_SECRET') ?? '';
    const inCluster = Buffer.from(data, 'base64').toString();
    const newest = secrets.versions(`headlamp-${text(model, 'name')}-client-secret`).at(-1)?.value;
    return inCluster !== newest || !known.has(inCluster) || cluster.headlamps().length === 0;
  }).length;
}

/** Clusters that got a new client secret. */
function renewed({ emulator, vault }: Fleet): number {
  const secrets = emulator.keyVault.secrets(vault.name);
  const names = [...emulator.arm.clusters.values()].map(({ model }) => `headlamp-${text(model, 'name')}-client-secret`);
  return names.filter((name) => secrets.versions(name).length > 1).length;
}

/** Rotates what is due, killed when half of it is done, and runs again. */
async function rotateDue(fleet: Fleet) {
  const kill = new AbortController();
  const stop = fleet.emulator.faults.onExecuted(({ method, url }) => {
    if (method === 'PUT' && url.hostname.endsWith('.vault.azure.net')) count += 1;
    if (count >= DUE / 2) kill.abort();
  });
  let count = 0;
  await measure(fleet, { mode: 'rotate' }, kill.signal);
  stop();
  const again = await measure(fleet, { mode: 'rotate' });
  return { again, renewed: renewed(fleet), lockedOut: lockedOut(fleet) };
}

/** The subscription of all clusters answers 429 for half a minute. */
async function throttled(fleet: Fleet) {
  const { emulator, subscriptionId } = fleet;
  let since: number | undefined;
  emulator.faults.clear();
  emulator.faults.add({
    matches: ({ url }) => {
      if (!url.pathname.startsWith(`/subscriptions/${subscriptionId}/`)) return false;
      since ??= emulator.clock.now();
      return emulator.clock.now() < since + THROTTLED_MS;
    },
    fault: { kind: 'status', status: 429, headers: { 'retry-after': '1' }, body: {} },
  });
  slowDown(emulator);
  const { result } = await measure(fleet, { mode: 'rotate' });
  const refused = emulator.requests.all().filter(({ status }) => status === 429);
  // Those that were on their way when the first was refused do not count.
  const probes = refused.filter(({ startedAt }) => startedAt > (since ?? 0) + 1_000).length;
  return { result, probesPerSecond: probes / (THROTTLED_MS / 1000 - 1) };
}

/** Two have no cluster any more, three a vault that keeps the runner out, two no registration. */
const FAILING = 7;

async function someFail(fleet: Fleet) {
  const { emulator } = fleet;
  emulator.faults.clear();
  const of = (numbers: readonly number[]) => numbers.map((n) => `aks-${String(n).padStart(4, '0')}`);
  const [gone, closed, lost] = [of([17, 42]), of([5, 23, 71]), of([64, 88])];
  const refuse = (matches: (host: string, path: string) => boolean, status: number, error: JsonObject) =>
    emulator.faults.add({
      matches: ({ url }) => matches(url.hostname, url.pathname),
      fault: { kind: 'status', status, headers: { 'content-type': 'application/json' }, body: { error } },
    });
  refuse((_, path) => gone.some((name) => `${path}/`.includes(`/managedClusters/${name}/`)), 404, {
    code: 'ResourceNotFound',
    message: 'The Resource was not found.',
  });
  const message = 'Client address is not authorized and caller is not a trusted service.';
  refuse((_, path) => closed.some((name) => path.startsWith(`/secrets/headlamp-${name}-`)), 403, {
    ...{ code: 'Forbidden', message },
    innererror: { code: 'ForbiddenByFirewall' },
  });
  for (const [id, { uniqueName }] of [...emulator.directory.applications])
    if (lost.some((name) => uniqueName?.startsWith(`headlamp-${name}-`))) emulator.directory.applications.delete(id);
  slowDown(emulator);
  return measure(fleet, { mode: 'rotate' });
}

const sizes = (process.argv[2] ?? '100,1000').split(',').map(Number);
const rows: (readonly [string, number, number, string])[] = [];
/** Without a change, by size of the fleet. */
const unchangedIn: Readonly<Record<'rotate' | 'deploy', Measure[]>> = { rotate: [], deploy: [] };
/** With room for a token that is renewed while the run goes on. */
const FURTHER_REQUESTS = { rotate: 8.05, deploy: 13.05 };
for (const size of sizes) {
  const fleet = await createFleet(size);
  const share = size / 1_000;
  const rotate = await unchanged(fleet, 'rotate');
  unchangedIn.rotate.push(rotate);
  const name = `${size} clusters`;
  rows.push([`${name}, rotate, nothing to do: seconds`, rotate.seconds, Math.max(15, 180 * share), 's']);
  rows.push([`${name}, rotate: CPU seconds`, rotate.cpuSeconds, Math.max(10, 60 * share), 's']);
  rows.push([`${name}, rotate: peak memory`, rotate.megabytes, 512, 'MB']);
  rows.push([`${name}, rotate: requests a cluster`, rotate.requests / size, Number.POSITIVE_INFINITY, '']);
  const deploy = await unchanged(fleet, 'deploy');
  unchangedIn.deploy.push(deploy);
  rows.push([`${name}, deploy, nothing to do: seconds`, deploy.seconds, Math.max(20, 240 * share), 's']);
  rows.push([`${name}, deploy: CPU seconds`, deploy.cpuSeconds, Number.POSITIVE_INFINITY, 's']);
  rows.push([`${name}, deploy: peak memory`, deploy.megabytes, 512, 'MB']);
  rows.push([`${name}, deploy: requests a cluster`, deploy.requests / size, Number.POSITIVE_INFINITY, '']);
  const due = await rotateDue(fleet);
  rows.push([`${name}, ${DUE} due, killed half way, run again: without a new secret`, DUE - due.renewed, 0, '']);
  rows.push([`${name}, ${DUE} due: failed in the second run`, due.again.result.error === '' ? 0 : 1, 0, '']);
  rows.push([`${name}, ${DUE} due: locked out`, due.lockedOut, 0, '']);
  const held = await throttled(fleet);
  rows.push([`${name}, subscription throttled for 30 s: failed`, held.result.error === '' ? 0 : 1, 0, '']);
  rows.push([`${name}, subscription throttled: probes a second`, held.probesPerSecond, 1.05, '']);
  const failing = await someFail(fleet);
  const failures = failing.result.summary.split('\n### ').length - 2;
  rows.push([`${name}, ${FAILING} of them fail: not on the page`, FAILING - failures, 0, '']);
  const summaries = [due.again, failing].map(({ result }) => Buffer.byteLength(result.summary));
  rows.push([`${name}: largest summary`, Math.max(...summaries) / 1024, 1024, 'KiB']);
  if (size === 1_000) await recordFleet(failing.result.summary);
  await Promise.all([fleet.emulator.close(), fleet.runner.remove()]);
}
for (const mode of ['rotate', 'deploy'] as const) {
  const [few, many] = unchangedIn[mode];
  if (!few || !many) continue;
  const [first = 1, last = 1] = sizes;
  const further = (of: 'requests' | 'megabytes') => (many[of] - few[of]) / (last - first);
  rows.push([`${mode}: growth of the time of a cluster`, many.seconds / last / (few.seconds / first), 1.2, '']);
  rows.push([`${mode}: growth of peak memory`, many.megabytes / few.megabytes, 1.2, '']);
  rows.push([`${mode}: memory of each further cluster`, further('megabytes'), Number.POSITIVE_INFINITY, 'MB']);
  rows.push([`${mode}: requests of each further cluster`, further('requests'), FURTHER_REQUESTS[mode], '']);
}
heading('Many clusters in one step');
const number = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2));
table([
  ['', 'measured', 'limit', ''],
  ...rows.map(([what, value, limit, unit]) => [
    what,
    `${number(value)} ${unit}`,
    limit === Number.POSITIVE_INFINITY ? '' : `${number(limit)} ${unit}`,
    value > limit ? 'EXCEEDED' : '',
  ]),
]);
if (rows.some(([, value, limit]) => value > limit)) process.exitCode = 1;
