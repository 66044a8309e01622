import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, list, text } from '../../emulator/lib/json.ts';
import { systemEnvironment } from '../../emulator/lib/system-environment.ts';
import { installAzureCli } from '../../emulator/machine/azure-cli.ts';
import { nodeBinary } from '../../emulator/runner/process.ts';
import { grantRequiredPermissions } from '../../emulator/worlds/standard.ts';
import { expectConverged } from '../scenarios/converged.ts';
import { createScenario, type Scenario, vaultSecrets, withEntra } from '../scenarios/scenario.ts';
import { formsOf } from '../scenarios/secret-forms.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** The script of the pipeline in the documentation. */
async function script(): Promise<string> {
  const page = await readFile(join(ROOT, 'docs', 'azure-devops.md'), 'utf8');
  const pipeline = load(/```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '') as Json;
  return text(list(pipeline, 'steps').at(-1), 'inputs', 'inlineScript') ?? '';
}

/** An agent of Azure DevOps: az is signed in, and nothing is there of GitHub. */
async function onAgent(scenario: Scenario) {
  const identity = scenario.emulator.directory.addManagedIdentity('service-connection');
  grantRequiredPermissions(scenario, identity);
  const service = await scenario.emulator.identityService({ azureCli: identity });
  await installAzureCli(scenario.bin, { tokenUrl: service.azureCliUrl });
  const [temp, home] = [join(scenario.runner.temp, 'agent'), join(scenario.runner.temp, 'home')];
  for (const folder of [temp, home]) await mkdir(folder);
  const { emulator, bin } = scenario;
  const environment = {
    ...systemEnvironment([bin, join(nodeBinary(), '..')], home),
    ...Object.fromEntries(
      Object.entries(emulator.environment()).filter(([name]) => !/^(GITHUB|ACTIONS|RUNNER)_/.test(name)),
    ),
    ...emulator.clock.environment(),
    TF_BUILD: 'True',
    AGENT_TEMPDIRECTORY: temp,
    TMPDIR: temp,
    BUILD_SOURCESDIRECTORY: ROOT,
    // The digest of the emulator's own chart.
    'INPUT_CHART-DIGEST': scenario.inputs['chart-digest'] ?? '',
  };
  return { environment, temp };
}

function bash(source: string, env: Readonly<Record<string, string>>): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', source], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, output }));
  });
}

describe('a pipeline of Azure DevOps', () => {
  it('deploys with the script of the documentation, az login only and no variable of GitHub', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { environment, temp } = await onAgent(scenario);
    expect(Object.keys(environment).filter((name) => /GITHUB|ACTIONS|RUNNER/.test(name))).toEqual([]);
    const { exitCode, output } = await bash(await script(), environment);
    expect([exitCode, output]).toEqual([0, expect.stringContaining('##vso[task.uploadsummary]')]);
    expectConverged(scenario);
    const summary = await readFile(join(temp, 'headlamp.md'), 'utf8');
    expect(summary).toContain('Headlamp redirects to Entra as expected');
    for (const form of formsOf(vaultSecrets(scenario)[0]?.value ?? '')) expect(output + summary).not.toContain(form);
    // No token either, and no command that an agent does not know.
    expect(output).not.toMatch(/eyJ[\w-]{20}|^::|^##(?!vso\[task\.uploadsummary\])/m);
    expect(await readdir(temp)).toEqual(['headlamp.md']);
  });

  it('hands outputs on in a file, if there is one, and its log has no secret and no command of GitHub all the same', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { environment, temp } = await onAgent(scenario);
    const outputs = join(temp, 'outputs');
    const withFile = { ...environment, GITHUB_OUTPUT: outputs };
    const { exitCode, output } = await bash(`touch "$GITHUB_OUTPUT"\n${await script()}`, withFile);
    expect(exitCode).toBe(0);
    for (const form of formsOf(vaultSecrets(scenario)[0]?.value ?? '')) expect(output).not.toContain(form);
    expect(output).not.toMatch(/eyJ[\w-]{20}|^::/m);
    expect(await readFile(outputs, 'utf8')).toMatch(/^secret-rotated<<(.+)\ntrue\n\1$/m);
    expect((await readdir(temp)).sort()).toEqual(['headlamp.md', 'outputs']);
  });

  it('fails with one error, which says how to fix it', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const { environment, temp } = await onAgent(scenario);
    const source = (await script()).replace('aks-demo', 'aks-demon');
    const { exitCode, output } = await bash(source, environment);
    expect([exitCode, output]).toEqual([1, expect.stringMatching(/^Error: arm-permission-missing: [\s\S]* Fix: /m)]);
    expect(output).not.toMatch(/^::/m);
    expect(await readdir(temp)).toEqual(['headlamp.md']);
  });
});
