import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/emulator.ts';
import { subjectOf } from '../../emulator/github/workflow.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'scripts', 'bootstrap.sh');
const ID = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';

/** Answers of az where the cluster has Entra integration with Azure RBAC, and nothing else exists yet. */
const AZ = `#!/bin/sh
case "$*" in
  *"account show"*) echo ${ID} ;;
  *"cloud show"*endpoints*) echo https://graph.microsoft.com/ ;;
  *"cloud show"*) echo AzureCloud ;;
  *"aks show"*) printf '%s\\n' /cluster westeurope true true true false "" ;;
esac
`;

/** What gh does with a GET request and a jq filter. */
const GH = `#!/bin/sh
curl --silent --fail --proxy "$HTTPS_PROXY" --cacert "$NODE_EXTRA_CA_CERTS" "https://api.github.com/$2" | jq --raw-output "$4"
`;

/** A dry run of scripts/bootstrap.sh for a job of the emulator's repository. @returns its commands */
async function dryRun(emulator: Emulator, options: readonly string[], programs: Readonly<Record<string, string>>) {
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  onTestFinished(() => rm(bin, { recursive: true, force: true }));
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), script);
    await chmod(join(bin, name), 0o755);
  }
  const where = ['--resource-group', 'rg', '--cluster', 'aks', '--key-vault', 'kv'];
  const args = ['--repository', emulator.workflow.repository, ...where, '--dry-run', ...options];
  const env = { ...emulator.environment(), PATH: `${bin}:/usr/bin:/bin` };
  return (await promisify(execFile)('bash', [SCRIPT, ...args], { env })).stderr;
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
    const commands = await dryRun(emulator, ['--branch', 'main'], { az: AZ, gh: GH });
    expect(commands).toContain(`--subject ${subjectOf(emulator.workflow)} `);
    expect(subjectOf(emulator.workflow).includes('@')).toBe(subjectIds);
    emulator.workflow.environment = 'production';
    const another = await dryRun(emulator, ['--environment', 'production'], { az: AZ, gh: GH });
    expect(another).toContain(`--subject ${subjectOf(emulator.workflow)} `);
  });

  it('and says which one it uses if GitHub does not say', async () => {
    const emulator = await createGithub();
    const commands = await dryRun(emulator, [], { az: AZ, gh: '#!/bin/sh\nexit 1\n' });
    expect(commands).toContain('GitHub did not say how the subjects of this repository begin');
    expect(commands).toContain('--subject repo:contoso/platform:ref:refs/heads/main ');
  });
});
