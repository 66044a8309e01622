import { dim, green, heading, red, table } from '../../emulator/demo/screen.ts';
import { isObject, parseJson, text } from '../../emulator/lib/json.ts';
import type { Runner, StepResult } from '../../emulator/runner/runner.ts';
import type { World } from '../../emulator/worlds/standard.ts';
import type { Shell } from './shell.ts';
import { type Place, stateOf } from './state.ts';
import { type Choices, followTutorial } from './tutorial.ts';

/** Checks by title, and whether they passed. */
export type Checks = Readonly<Record<string, boolean>>;

export interface Setup {
  readonly world: World;
  readonly shell: Shell;
  readonly runner: Runner;
}

/** The action's default chart. */
const CHART_VERSION = '0.45.0';
const CLUSTER = 'aks-headlamp';
const BY_HAND = { resourceGroup: 'rg-by-hand', secretName: 'headlamp-by-hand' };
const BY_ACTION = { resourceGroup: 'rg-by-action', secretName: 'headlamp-by-action' };

/** What the action still changes after the tutorial: a client secret that can be rotated and is in no Helm release, and a
 * Headlamp without permissions of its own. */
const HARDENING = ['client secret', 'kubernetes secret', 'release'];

/** Follows the tutorial by hand and runs the action, and checks that each step has the same result. */
export async function compareTutorial(setup: Setup): Promise<Checks> {
  const { world, shell } = setup;
  heading('The tutorial with az and helm');
  const started = performance.now();
  const appId = await followTutorial(shell, choicesOf(world), (title) => logStep(started, title));
  logStep(started, 'done');
  const plan = { mode: 'plan', 'app-client-id': appId };
  const adopted = await adopt(shell, await step(setup, BY_HAND, plan));
  const planned = await runAction(setup, BY_HAND, plan);
  const deployed = await runAction(setup, BY_ACTION, { 'create-cluster': 'true', location: 'westeurope' });
  logStep(started, 'action done');
  const byHand = await stateOf(world.emulator, placeOf(world, BY_HAND, appId));
  const byAction = await stateOf(world.emulator, placeOf(world, BY_ACTION, deployed.outputs['app-client-id'] ?? ''));
  const equal = showStates(byHand, byAction);
  const left = showChanges(planned);
  return {
    [`az and helm have the same result as the action, in ${Object.keys(byHand).length} steps`]: equal,
    'the action takes over a release of somebody else only after the command that its refusal names': adopted,
    [`after the tutorial the action changes nothing but ${HARDENING.join(', ')}`]: left.join() === HARDENING.join(),
  };
}

function choicesOf({ emulator, resourceGroup, inputs, vault, groups }: World): Choices {
  const older = { resourceGroup, cluster: inputs['cluster-name'] ?? '' };
  const adminGroup = groups.admins.id;
  const tenantId = emulator.directory.tenant.id;
  return { ...BY_HAND, cluster: CLUSTER, older, vault: vault.name, adminGroup, tenantId, chartVersion: CHART_VERSION };
}

/** Runs the command in the refusal. @returns whether it was refused, and the command worked */
async function adopt(shell: Shell, { error }: StepResult): Promise<boolean> {
  const [, command] = /^release-not-ours: .+; or adopt it: (kubectl .+)$/s.exec(error) ?? [];
  return command !== undefined && (await shell.run('bash', ['-c', command])).exitCode === 0;
}

type Inputs = Readonly<Record<string, string>>;
type Where = Pick<Choices, 'resourceGroup' | 'secretName'>;

/** @throws Error if the step fails */
async function runAction(setup: Setup, where: Where, more: Inputs): Promise<StepResult> {
  const result = await step(setup, where, more);
  if (result.exitCode !== 0) throw new Error(`The action failed: ${result.error}`);
  return result;
}

function step({ world, runner }: Setup, { resourceGroup, secretName }: Where, more: Inputs): Promise<StepResult> {
  const where = { 'resource-group': resourceGroup, 'cluster-name': CLUSTER, 'key-vault-secret-name': secretName };
  const inputs = { ...world.inputs, ...where, 'chart-version': CHART_VERSION, ...more };
  return runner.step({ inputs, environment: world.emulator.environment() });
}

function placeOf(
  { subscriptionId, vault }: World,
  { resourceGroup, secretName }: typeof BY_HAND,
  appId: string,
): Place {
  const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
  const clusterId = `${group}/providers/Microsoft.ContainerService/managedClusters/${CLUSTER}`;
  return { clusterId, vault: vault.name, secretName, appId };
}

function showStates(byHand: Readonly<Record<string, string>>, byAction: Readonly<Record<string, string>>): boolean {
  heading('The result of each step, by az and helm and by the action');
  const steps = Object.entries(byHand).map(([step, left]) => ({ step, left, other: byAction[step] ?? '' }));
  const rows = steps.map(({ step, left, other }) => [step, left === other ? 'equal' : 'DIFFERS', left]);
  table([['step', '', 'result'], ...rows]);
  const different = steps.filter(({ left, other }) => left !== other);
  for (const { step, left, other } of different)
    console.log(red(`  ${step}\n    az and helm: ${left}\n    the action:  ${other}`));
  return different.length === 0;
}

/** @returns the resources that the plan would change */
function showChanges({ outputs }: StepResult): string[] {
  heading('What the action would still change after the tutorial');
  const changes = parseJson(outputs['changes'] ?? '');
  const rows = (Array.isArray(changes) ? changes : []).filter(isObject).map((change) => {
    const { resource, action, detail } = {
      resource: text(change, 'resource'),
      action: text(change, 'action'),
      detail: text(change, 'detail'),
    };
    return [resource ?? '', action ?? '', detail ?? ''];
  });
  table([['resource', 'action', 'detail'], ...rows]);
  return rows.map(([resource = '']) => resource);
}

function logStep(started: number, title: string): void {
  console.log(`  ${green('·')} ${title} ${dim(`${((performance.now() - started) / 1000).toFixed(0)} s`)}`);
}
