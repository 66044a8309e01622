/** Compares tutorial.sh (az, helm) with the action, on equally slow emulated Azures. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createShell } from '../__tests__/az/shell.ts';
import { heading, table } from '../emulator/demo/screen.ts';
import type { Emulator } from '../emulator/emulator.ts';
import { realTools } from '../emulator/helm/tools.ts';
import { createRunner } from '../emulator/runner/runner.ts';
import { buildStandardWorld, type World } from '../emulator/worlds/standard.ts';
import { CLUSTER_UPDATE, LATENCIES, POD_START, REPLICATION, SCRIPT_SLEEP } from './latencies.ts';
import { slowDown } from './slow.ts';

interface Measure {
  readonly seconds: number;
  /** Of all child processes. */
  readonly cpuSeconds: number;
  readonly requests: number;
}

const STEPS = ['first deployment', 'nothing to change', 'new client secret'] as const;
const TICKS_PER_SECOND = 100;

async function measureScript(): Promise<readonly Measure[]> {
  const world = await slowWorld();
  const { emulator, deployer, subscriptionId } = world;
  emulator.arm.assignments.assign(deployer.principal.id, 'Owner', `/subscriptions/${subscriptionId}`);
  for (const role of ['Application.ReadWrite.All', 'Directory.Read.All'])
    emulator.directory.grantAppRole(deployer.principal, role);
  const shell = await createShell(emulator);
  const environment = {
    PATH: `${shell.environment['PATH']}:${dirname((await realTools()).kubectl)}`,
    SUBSCRIPTION_ID: subscriptionId,
    RESOURCE_GROUP: world.resourceGroup,
    CLUSTER: world.inputs['cluster-name'] ?? '',
    TENANT_ID: emulator.directory.tenant.id,
    ADMIN_GROUP_ID: world.groups.admins.id,
    VAULT: world.vault.name,
    CLIENT_ID: deployer.application.appId,
    REPLICATION_WAIT: String(SCRIPT_SLEEP.milliseconds / 1000),
  };
  const run = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await shell.run(
      'bash',
      [join(import.meta.dirname, 'tutorial.sh'), ...args],
      environment,
    );
    if (exitCode !== 0) throw new Error(`The script failed.\n${stdout}\n${stderr}`);
  };
  try {
    return [await measure(emulator, run), await measure(emulator, run), await measure(emulator, () => run('--rotate'))];
  } finally {
    await Promise.all([emulator.close(), shell.remove()]);
  }
}

async function measureAction(): Promise<readonly Measure[]> {
  const { emulator, inputs } = await slowWorld();
  const runner = await createRunner();
  const run = async (more: Readonly<Record<string, string>> = {}) => {
    const { error } = await runner.step({ inputs: { ...inputs, ...more }, environment: emulator.environment() });
    if (error !== '') throw new Error(`The action failed.\n${error}`);
  };
  try {
    const rotation = () => run({ mode: 'rotate', rotate: 'force' });
    return [await measure(emulator, run), await measure(emulator, run), await measure(emulator, rotation)];
  } finally {
    await Promise.all([emulator.close(), runner.remove()]);
  }
}

async function slowWorld(): Promise<World> {
  const world = await buildStandardWorld();
  const { directory, arm } = world.emulator;
  const lag = REPLICATION.milliseconds;
  Object.assign(directory.settings, { replicationLag: lag, passwordLag: lag });
  arm.settings.operationDuration = CLUSTER_UPDATE.milliseconds;
  world.cluster.nodes.readyAfter = POD_START.milliseconds;
  slowDown(world.emulator);
  return world;
}

async function measure(emulator: Emulator, work: () => Promise<void>): Promise<Measure> {
  emulator.requests.clear();
  const [started, cpu] = [performance.now(), childrenTicks()];
  await work();
  return {
    seconds: (performance.now() - started) / 1000,
    cpuSeconds: (childrenTicks() - cpu) / TICKS_PER_SECOND,
    requests: emulator.requests.all().filter(({ from }) => from === 'client').length,
  };
}

/** User and system time of the child processes that have ended, fields 16 and 17. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
function childrenTicks(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[13]) + Number(fields[14]);
}

const [byScript, byAction] = [await measureScript(), await measureAction()];
const cell = (measure: Measure | undefined, key: keyof Measure) =>
  measure === undefined ? '' : key === 'requests' ? String(measure.requests) : measure[key].toFixed(1);
heading('Emulated latencies of the network and of Azure');
table([
  ['', 'ms', 'source'],
  ...Object.entries({ ...LATENCIES, CLUSTER_UPDATE, POD_START, REPLICATION, SCRIPT_SLEEP }).map(
    ([name, { milliseconds, source }]) => [name.toLowerCase().replace('_', ' '), String(milliseconds), source],
  ),
]);
heading('The tutorial as a script, and the action');
table([
  ['', 'seconds: script', 'action', 'CPU seconds: script', 'action', 'requests: script', 'action', 'faster'],
  ...STEPS.map((step, index) => {
    const [one, other] = [byScript[index], byAction[index]];
    const keys = ['seconds', 'cpuSeconds', 'requests'] as const;
    return [
      step,
      ...keys.flatMap((key) => [cell(one, key), cell(other, key)]),
      `${((one?.seconds ?? 0) / (other?.seconds ?? 1)).toFixed(1)} times`,
    ];
  }),
]);
// Headlamp can sign people in only after the cluster accepts Entra's tokens.
const criticalPath = (CLUSTER_UPDATE.milliseconds + POD_START.milliseconds) / 1000;
const [first] = STEPS.map((_, index) => [byScript[index], byAction[index]] as const);
const timesCriticalPath = (measure: Measure | undefined) => ((measure?.seconds ?? 0) / criticalPath).toFixed(2);
console.log(
  `\n  Azure's critical path of a first deployment, the update of the cluster and then the start of the pod: ${criticalPath} s. The script takes ${timesCriticalPath(first?.[0])} times that, the action ${timesCriticalPath(first?.[1])} times.`,
);
