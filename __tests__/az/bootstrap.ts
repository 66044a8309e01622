import { join } from 'node:path';
import { heading, table } from '../../emulator/demo/screen.ts';
import type { ProgramResult } from '../../emulator/worlds/clients.ts';
import type { Checks, Setup } from './comparison.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'bootstrap.sh');
const VAULT = 'kv-bootstrap';

/** A way to use the script. */
interface Case {
  readonly title: string;
  readonly options: readonly string[];
  /** What the first run prints and later runs have to be given. */
  readonly again?: RegExp;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Roles and Graph permissions that the identity has afterwards, in alphabetical order. */
  readonly grants: readonly string[];
}

const USER = 'Azure Kubernetes Service Cluster User Role';
const OFFICER = 'Key Vault Secrets Officer';

/** The cluster has Entra integration and local accounts. */
const casesOf = (admins: string, developers: string): readonly Case[] => [
  {
    title: 'delivery vault',
    options: ['--delivery', 'vault'],
    inputs: { delivery: 'vault', 'manage-cluster': 'false', 'admin-group-object-ids': '' },
    grants: ['Application.ReadWrite.OwnedBy', OFFICER],
  },
  {
    title: 'managed identity',
    options: [],
    grants: ['Application.ReadWrite.OwnedBy', 'Azure Kubernetes Service Cluster Admin Role', USER, OFFICER],
  },
  {
    title: 'app registration',
    options: ['--new-app-registration', '--admin-group', admins, '--grant-consent', '--whole-vault'],
    again: /(--app-registration) (\S+)/,
    grants: ['Application.ReadWrite.OwnedBy', USER, 'DelegatedPermissionGrant.ReadWrite.All', OFFICER],
  },
  {
    title: 'run-command, delegated role',
    options: [
      ...['--admin-group', admins, '--cluster-access', 'command'],
      ...['--delegate', `Azure Kubernetes Service RBAC Reader=${developers}`],
      ...['--subject', 'repo:o/r:environment:it\'s a "$(touch hacked)" test'],
    ],
    inputs: {
      'cluster-access': 'command',
      'enable-azure-rbac': 'true',
      access: `Azure Kubernetes Service RBAC Reader: ${developers}`,
    },
    grants: [
      ...['Application.ReadWrite.OwnedBy', USER, 'Headlamp AKS Entra deployer', 'Headlamp AKS Entra run-command'],
      ...[OFFICER, 'Role Based Access Control Administrator'],
    ],
  },
];

/** Creates deploying identities with the script, and deploys with each. */
export async function bootstrapIdentities(setup: Setup): Promise<Checks> {
  heading('scripts/bootstrap.sh');
  const shellcheck = await setup.shell.run('shellcheck', [SCRIPT]);
  if (shellcheck.exitCode !== 0) console.error(shellcheck.stdout);
  const rows: string[][] = [];
  const { admins, developers } = setup.world.groups;
  let checks: Checks = { 'shellcheck finds nothing in bootstrap.sh': shellcheck.exitCode === 0 };
  for (const one of casesOf(admins.id, developers.id))
    checks = { ...checks, ...(await bootstrapIdentity(setup, one, rows)) };
  table([['identity', 'run', 'writes', 'seconds'], ...rows]);
  return checks;
}

async function bootstrapIdentity(setup: Setup, one: Case, rows: string[][]): Promise<Checks> {
  const { world, runner } = setup;
  const { title, options, again } = one;
  const dry = await bootstrap(setup, title, [...options, '--dry-run']);
  const first = await bootstrap(setup, title, options);
  const kept = again?.exec(first.stderr)?.slice(1) ?? [];
  const rest = again ? options.filter((option) => option !== '--new-app-registration') : options;
  const second = await bootstrap(setup, title, [...kept, ...rest]);
  for (const [run, { writes, seconds }] of Object.entries({ 'dry run': dry, first, second }))
    rows.push([title, run, String(writes), seconds.toFixed(0)]);
  const clientId = /client-id: (\S+)/.exec(first.stdout)?.[1] ?? '';
  const more = { 'client-id': clientId, 'key-vault-name': VAULT, 'release-name': nameOf(title), ...one.inputs };
  const granted = grantsOf(setup, clientId);
  if (granted.join() !== one.grants.join()) console.error(`${title}: ${granted.join(', ')}`);
  const deployed = await runner.step({
    inputs: { ...world.inputs, ...more },
    environment: world.emulator.environment(),
  });
  if (deployed.exitCode !== 0) console.error(deployed.output);
  return {
    [`${title}: a dry run writes nothing`]: dry.exitCode === 0 && dry.writes === 0,
    [`${title}: the first run creates it, the second changes nothing`]: first.writes > 0 && second.writes === 0,
    [`${title}: both print the same workflow`]: first.exitCode === 0 && first.stdout === second.stdout,
    [`${title}: it has the grants it needs and no others`]: granted.join() === one.grants.join(),
    [`${title}: the action deploys with it`]: deployed.exitCode === 0 && deployed.outputs['changed'] === 'true',
  };
}

const nameOf = (title: string) => title.replaceAll(/\W+/g, '-');

function grantsOf({ world: { emulator } }: Setup, clientId: string): readonly string[] {
  const { arm, directory } = emulator;
  const id = directory.servicePrincipal(clientId)?.id;
  const roles = [...arm.assignments.all.values()].filter(({ principalId }) => principalId === id);
  const known = [...directory.servicePrincipals.values()].flatMap(({ appRoles }) => appRoles);
  const permissions = [...directory.appRoleAssignments.values()]
    .filter(({ principalId }) => principalId === id)
    .map(({ appRoleId }) => known.find((role) => role.id === appRoleId)?.value ?? appRoleId);
  return [...roles.map(({ role }) => role), ...permissions].sort();
}

async function bootstrap(
  { world, shell }: Setup,
  title: string,
  more: readonly string[],
): Promise<ProgramResult & { readonly writes: number; readonly seconds: number }> {
  const { emulator, resourceGroup, inputs } = world;
  const { repository } = emulator.workflow;
  const where = ['--resource-group', resourceGroup, '--cluster', inputs['cluster-name'] ?? '', '--key-vault', VAULT];
  const identity = ['--repository', repository, '--branch', 'main', '--name', `deployer-${nameOf(title)}`];
  emulator.requests.clear();
  const started = performance.now();
  const result = await shell.run('bash', [SCRIPT, ...identity, ...where, ...more]);
  if (result.exitCode !== 0) console.error(result.stderr);
  return { ...result, writes: emulator.requests.writes().length, seconds: (performance.now() - started) / 1000 };
}
