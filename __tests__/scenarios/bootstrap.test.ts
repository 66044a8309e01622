import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/emulator.ts';
import { subjectOf } from '../../emulator/github/workflow.ts';
import { at, listAt } from '../../src/lib/json.ts';
import { inputsOfOne } from '../unit/inputs-of-one.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'bootstrap.sh');
const ID = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';

const ROLE = '7f6c6a51-bcf8-42ba-9220-52d62157d7db';
const GROUP = '66666666-7777-8888-9999-000000000000';

/** Answers of az where the cluster has Entra integration with Azure RBAC, and nothing else exists yet. */
const AZ = `#!/bin/sh
case "$*" in
  *"account show"*) echo ${ID} ;;
  *"cloud show"*endpoints*) echo https://graph.microsoft.com/ ;;
  *"cloud show"*) echo AzureCloud ;;
  *"role definition list"*) echo ${ROLE} ;;
  *"aks show"*) printf '%s\\n' /cluster westeurope true true true false "" ;;
esac
`;

/** What gh does with a GET request and a jq filter. */
const GH = `#!/bin/sh
curl --silent --fail --proxy "$HTTPS_PROXY" --cacert "$NODE_EXTRA_CA_CERTS" "https://api.github.com/$2" | jq --raw-output "$4"
`;

type Programs = Readonly<Record<string, string>>;

/** A dry run of scripts/bootstrap.sh for a job of the emulator's repository. */
const dryRun = (emulator: Emulator, options: readonly string[], programs: Programs) =>
  bootstrap(emulator, ['--repository', emulator.workflow.repository, '--dry-run', ...options], programs);

async function bootstrap(emulator: Emulator, options: readonly string[], programs: Programs) {
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  onTestFinished(() => rm(bin, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), script);
    await chmod(join(bin, name), 0o755);
  }
  const where = ['--resource-group', 'rg', '--cluster', 'aks', '--key-vault', 'kv'];
  const args = [...where, ...options];
  const env = { ...emulator.environment(), PATH: `${bin}:/usr/bin:/bin` };
  const { stdout: workflow, stderr: commands } = await promisify(execFile)('bash', [SCRIPT, ...args], { env });
  return { workflow, commands };
}

async function createGithub(): Promise<Emulator> {
  const emulator = await startEmulator();
  onTestFinished(() => emulator.close());
  return emulator;
}

describe('bootstrap.sh makes a federated credential for the subject that GitHub sends', () => {
  it.each([
    ['with names', false],
    ['with ids, where GitHub says that it does not use them', true],
  ])('%s', async (_, subjectIds) => {
    const emulator = await createGithub();
    emulator.workflow.subjectIds = subjectIds;
    const { commands } = await dryRun(emulator, ['--branch', 'main'], { az: AZ, gh: GH });
    expect(commands).toContain(`--subject ${subjectOf(emulator.workflow)} `);
    expect(subjectOf(emulator.workflow).includes('@')).toBe(subjectIds);
    emulator.workflow.environment = 'production';
    const another = await dryRun(emulator, ['--environment', 'production'], { az: AZ, gh: GH });
    expect(another.commands).toContain(`--subject ${subjectOf(emulator.workflow)} `);
  });

  it('and says which one it uses if GitHub does not say', async () => {
    const emulator = await createGithub();
    const { commands } = await dryRun(emulator, [], { az: AZ, gh: '#!/bin/sh\nexit 1\n' });
    expect(commands).toContain('GitHub did not say how the subjects of this repository begin');
    expect(commands).toContain('--subject repo:contoso/platform:ref:refs/heads/main ');
  });
});

describe('bootstrap.sh grants and configures what the action then uses', () => {
  it.each(['my_aks', 'AKS_Prod-01', '0x1f', '0123', '1e3', `a${'_'.repeat(61)}b`])(
    'for a cluster with the name %s',
    async (cluster) => {
      const { workflow, commands } = await dryRun(
        await createGithub(),
        ['--cluster', cluster, '--key-vault', 'kv-one'],
        { az: AZ, gh: GH },
      );
      const given = at(listAt(load(workflow), 'jobs', 'deploy', 'steps')[0], 'with');
      const read = (name: string) => String(at(given, name) ?? '').replace(/^.*_ID$/, ID);
      const inputs = inputsOfOne(read, {}, () => '');
      expect(inputs).toMatchObject({ clusterName: cluster, resourceGroup: 'rg', vaultName: 'kv-one' });
      expect(commands).toMatch(new RegExp(`Officer --scope \\S+/vaults/kv-one/secrets/${inputs.vaultSecretName}\n`));
    },
  );

  it('and names a vault secret in the workflow only if it is not the default', async () => {
    const workflowWith = async (...options: readonly string[]) =>
      (await dryRun(await createGithub(), options, { az: AZ, gh: GH })).workflow;
    expect(await workflowWith('--cluster', 'my_aks')).not.toContain('key-vault-secret-name');
    expect(await workflowWith('--secret', '007')).toContain('key-vault-secret-name: "007"\n');
  });

  it('and takes a vault that exists, however its name is written', async () => {
    const found = AZ.replace(
      'case "$*" in',
      'case "$*" in\n  *"keyvault list"*) echo /rg/vaults/KV ;;\n  *"keyvault show"*) echo true ;;',
    );
    const { commands } = await dryRun(await createGithub(), [], { az: found, gh: GH });
    expect(commands).not.toContain('az keyvault create');
    expect(commands).toContain('Officer --scope /rg/vaults/KV/secrets/headlamp-aks-client-secret');
  });
});

describe('bootstrap.sh for more than one subscription', () => {
  const OTHER = '22222222-3333-4444-5555-666666666666';

  it('looks for a vault in its own subscription, and creates it there', async () => {
    const { commands } = await dryRun(await createGithub(), ['--key-vault-subscription', OTHER], { az: AZ, gh: GH });
    const ofVault = commands.split('\n').filter((line) => line.startsWith('+ az keyvault '));
    expect(ofVault).toHaveLength(2);
    for (const command of ofVault) expect(command).toContain(`--subscription ${OTHER} `);
    expect(commands).toContain(`Officer --scope /subscriptions/${OTHER}/resourceGroups/rg/providers/`);
  });

  it('says how to let a custom role of another one be assigned in this one, too', async () => {
    const az = AZ.replace(
      'case "$*" in',
      'case "$*" in\n  *"role definition create"*) exit 1 ;;\n  *"role definition list"*) ;;\n  *"sp list"*) echo 1 ;;',
    );
    const options = ['--repository', 'o/r', '--cluster-access', 'command'];
    const failed = await bootstrap(await createGithub(), options, { az, gh: GH }).catch((error: unknown) => error);
    const command = /^ *(az role definition update .*)$/m.exec(String(at(failed, 'stderr')))?.[1] ?? '';
    const { stdout } = await promisify(execFile)('bash', ['-c', `az() { printf %s "$5"; }; ${command}`]);
    expect(JSON.parse(stdout)).toMatchObject({
      Name: 'Headlamp AKS Entra run-command',
      Actions: [expect.stringContaining('commandResults/read'), expect.stringContaining('runcommand/action')],
      AssignableScopes: ['/subscriptions/OTHER', `/subscriptions/${ID}`],
    });
  });
});

it('bootstrap.sh needs no repository for subjects that do not come from one, such as those of Azure DevOps', async () => {
  const issuer = 'https://login.microsoftonline.com/5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64/v2.0';
  const options = ['--dry-run', '--issuer', issuer, '--subject', '/eid1/c/pub/t/x/a/y/sc/z'];
  const { commands } = await bootstrap(await createGithub(), options, { az: AZ, gh: '#!/bin/sh\nexit 1\n' });
  expect(commands).toContain(`--issuer ${issuer} --subject /eid1/c/pub/t/x/a/y/sc/z `);
  expect(commands).not.toContain('gh api');
  await expect(bootstrap(await createGithub(), ['--dry-run'], { az: AZ, gh: GH })).rejects.toMatchObject({
    stderr: expect.stringContaining('--repository is missing'),
  });
});

describe('bootstrap.sh gives no more than it has to', () => {
  const CONSENT = '8e8e4742-1d95-4f68-9d56-6ee75648c72a';
  const VAULT = '/providers/Microsoft.KeyVault/vaults/kv';
  const commandsWith = async (...options: readonly string[]) => {
    const { commands } = await dryRun(await createGithub(), options, { az: AZ, gh: GH });
    return commands.split('\n').filter((line) => line.startsWith('+ '));
  };

  it.each([
    ['a managed identity', []],
    ['an app registration', ['--new-app-registration']],
  ])('and finds %s by no display name', async (_, options) => {
    const commands = await commandsWith(...options);
    expect(commands.some((command) => /az (identity|ad app) create/.test(command))).toBe(true);
    const lookUps = commands.filter((command) => !command.startsWith('+ az ad app create '));
    expect(lookUps.filter((command) => /display-?name/i.test(command))).toEqual([]);
    // A managed identity is in a resource group; nothing else is looked up by a name.
    const ofIdentity = commands.filter((one) => /^\+ az identity (list|show) /.test(one));
    expect(ofIdentity).toHaveLength(options.length === 0 ? 1 : 0);
    for (const command of ofIdentity) expect(command).toContain('--resource-group rg');
  });

  it('grants the permission to consent only with --grant-consent', async () => {
    const granted = async (...options: readonly string[]) =>
      (await commandsWith(...options)).filter((command) => command.includes(CONSENT));
    expect(await granted()).toEqual([]);
    expect(await granted('--grant-consent')).toHaveLength(1);
  });

  it('grants the role on one secret of the vault, and on the vault only with --whole-vault', async () => {
    const scopes = async (...options: readonly string[]) =>
      (await commandsWith(...options)).flatMap((command) => /Secrets\\ Officer --scope (\S+)/.exec(command)?.[1] ?? []);
    expect(await scopes()).toEqual([expect.stringMatching(new RegExp(`${VAULT}/secrets/headlamp-aks-client-secret$`))]);
    expect(await scopes('--whole-vault')).toEqual([expect.stringMatching(new RegExp(`${VAULT}$`))]);
  });

  it('lets the identity assign and remove the delegated roles alone, and to and from their groups alone', async () => {
    const commands = await commandsWith('--delegate', `Azure Kubernetes Service RBAC Reader=${GROUP}`);
    const [command = ''] = commands.filter((one) => one.includes('Role\\ Based\\ Access\\ Control\\ Administrator'));
    const condition = command.replaceAll('\\', '');
    for (const [action, source] of [
      ['write', 'Request'],
      ['delete', 'Resource'],
    ]) {
      const of = (property: string, id: string) =>
        `@${source}[Microsoft.Authorization/roleAssignments:${property}] ForAnyOfAnyValues:GuidEquals {${id}}`;
      expect(condition).toContain(
        `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/${action}'})) OR (${of('RoleDefinitionId', ROLE)} AND ${of('PrincipalId', GROUP)}))`,
      );
    }
  });

  it('grants no role that may delete the cluster, write its role assignments or read all secrets', async () => {
    const roles = (await commandsWith()).flatMap(
      (command) =>
        /role assignment create .*--role (\S+(?:\\ \S+)*) --scope/.exec(command)?.[1]?.replaceAll('\\', '') ?? [],
    );
    expect(roles).toEqual([
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service RBAC Cluster Admin',
      'Key Vault Secrets Officer',
    ]);
  });
});
