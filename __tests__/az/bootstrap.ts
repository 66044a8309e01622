import { join } from 'node:path';
import { heading, table } from '../../emulator/demo/screen.ts';
import type { ProgramResult } from '../../emulator/worlds/clients.ts';
import type { Checks, Setup } from './comparison.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'bootstrap.sh');
const VAULT = 'kv-bootstrap';
const IDENTITIES = ['managed-identity', 'app-registration'] as const;

/** Creates a deploying identity of each kind with the script, and deploys with it. */
export async function bootstrapIdentities(setup: Setup): Promise<Checks> {
  heading('scripts/bootstrap.sh');
  const shellcheck = await setup.shell.run('shellcheck', [SCRIPT]);
  if (shellcheck.exitCode !== 0) console.error(shellcheck.stdout);
  const rows: string[][] = [];
  let checks: Checks = { 'shellcheck finds nothing in bootstrap.sh': shellcheck.exitCode === 0 };
  for (const kind of IDENTITIES) checks = { ...checks, ...(await bootstrapIdentity(setup, kind, rows)) };
  table([['identity', 'run', 'writes', 'seconds'], ...rows]);
  return checks;
}

async function bootstrapIdentity(setup: Setup, kind: string, rows: string[][]): Promise<Checks> {
  const { world, runner } = setup;
  const dry = await bootstrap(setup, kind, ['--dry-run']);
  const first = await bootstrap(setup, kind, []);
  const second = await bootstrap(setup, kind, []);
  for (const [title, { writes, seconds }] of Object.entries({ 'dry run': dry, first, second }))
    rows.push([kind, title, String(writes), seconds.toFixed(0)]);
  const clientId = /client-id: (\S+)/.exec(first.stdout)?.[1] ?? '';
  const inputs = { ...world.inputs, 'client-id': clientId, 'key-vault-name': VAULT, 'release-name': kind };
  const deployed = await runner.step({ inputs, environment: world.emulator.environment() });
  if (deployed.exitCode !== 0) console.error(deployed.output);
  return {
    [`${kind}: a dry run writes nothing`]: dry.exitCode === 0 && dry.writes === 0,
    [`${kind}: the first run creates it, the second changes nothing`]: first.writes > 0 && second.writes === 0,
    [`${kind}: both print the same workflow`]: first.exitCode === 0 && first.stdout === second.stdout,
    [`${kind}: the action deploys with it`]: deployed.exitCode === 0 && deployed.outputs['changed'] === 'true',
  };
}

async function bootstrap(
  { world, shell }: Setup,
  kind: string,
  more: readonly string[],
): Promise<ProgramResult & { readonly writes: number; readonly seconds: number }> {
  const { emulator, resourceGroup, inputs } = world;
  const { repository } = emulator.workflow;
  const where = ['--resource-group', resourceGroup, '--cluster', inputs['cluster-name'] ?? '', '--key-vault', VAULT];
  const identity = ['--repository', repository, '--identity', kind, '--name', `deployer-${kind}`];
  emulator.requests.clear();
  const started = performance.now();
  const result = await shell.run('bash', [SCRIPT, ...identity, ...where, ...more]);
  if (result.exitCode !== 0) console.error(result.stderr);
  return { ...result, writes: emulator.requests.writes().length, seconds: (performance.now() - started) / 1000 };
}
