import { green, heading, red } from '../../emulator/demo/screen.ts';
import type { Emulator } from '../../emulator/emulator.ts';
import { createRunner } from '../../emulator/runner/runner.ts';
import { buildStandardWorld } from '../../emulator/worlds/standard.ts';
import { bootstrapIdentities } from './bootstrap.ts';
import { type Checks, compareTutorial, type Setup } from './comparison.ts';
import { createShell, signIn } from './shell.ts';

/** Follows the tutorial with Microsoft's az and runs the action, in the same emulator, and compares the results. Then
 * creates deploying identities with scripts/bootstrap.sh. `npm run az -- bootstrap` does only that. */
async function run(): Promise<boolean> {
  const world = await buildStandardWorld();
  const { emulator, deployer, subscriptionId } = world;
  // The tutorial is followed by an administrator of the subscription and the tenant.
  const administrator = deployer.principal;
  emulator.arm.assignments.assign(administrator.id, 'Owner', `/subscriptions/${subscriptionId}`);
  for (const role of ADMINISTRATOR) emulator.directory.grantAppRole(administrator, role);
  const [shell, runner] = await Promise.all([createShell(emulator), createRunner()]);
  try {
    await signIn(shell, emulator, deployer.application.appId);
    const setup = { world, shell, runner };
    return verdict({
      ...(process.argv.includes('bootstrap') ? await withEntra(setup) : await compareTutorial(setup)),
      ...(await bootstrapIdentities(setup)),
      ...emulatorChecks(emulator),
    });
  } finally {
    await Promise.all([emulator.close(), shell.remove(), runner.remove()]);
  }
}

/** Graph permissions of an administrator. */
const ADMINISTRATOR = [
  'Application.ReadWrite.All',
  'AppRoleAssignment.ReadWrite.All',
  'Directory.Read.All',
  'GroupMember.ReadWrite.All',
];

/** Leaves the cluster as the tutorial does. */
async function withEntra({ world, shell }: Setup): Promise<Checks> {
  const { resourceGroup, inputs, groups } = world;
  const which = ['--resource-group', resourceGroup, '--name', inputs['cluster-name'] ?? ''];
  await shell.az('aks', 'update', ...which, '--enable-aad', '--aad-admin-group-object-ids', groups.admins.id);
  return {};
}

const emulatorChecks = ({ crashes }: Emulator): Checks => ({
  'no service of the emulator crashed': crashes.length === 0,
});

function verdict(checks: Checks): boolean {
  heading('Summary');
  for (const [promise, holds] of Object.entries(checks)) console.log(`  ${holds ? green('✓') : red('✗')} ${promise}`);
  return Object.values(checks).every(Boolean);
}

process.exitCode = (await run()) ? 0 : 1;
