import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { installAzureCli } from '../../emulator/machine/azure-cli.ts';
import { createScenario, type Scenario, withEntra } from '../scenarios/scenario.ts';

/** The names of the variables that only the action itself may have. */
const ofTheJob = (environment: string) =>
  environment.match(/^(?:ACTIONS_ID_TOKEN_\w+|INPUT_[\w-]+|GITHUB_(?:OUTPUT|STATE|ENV|PATH)|MY_SECRET)(?==)/gm) ?? [];

it("helm gets none of the job's tokens, inputs and secrets in its environment", async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  await scenario.run({}, { MY_SECRET: 'abc' });
  const calls = (await scenario.helmTraces()).filter((trace) => /^PATH=/m.test(trace));
  expect(calls.length).toBeGreaterThan(2);
  expect(calls.flatMap(ofTheJob)).toEqual([]);
});

it("az gets none of the job's tokens, inputs and secrets in its environment, but what it needs", async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  const given = await installTracedCli(scenario);
  const { error } = await scenario.run(
    { 'auth-type': 'azure-cli', 'client-id': '' },
    { MY_SECRET: 'abc', AZURE_CONFIG_DIR: '/az', REQUESTS_CA_BUNDLE: '/ca.pem', GITHUB_TOKEN: 'abc' },
  );
  expect(error).toBe('');
  const environment = await readFile(given, 'utf8');
  expect(ofTheJob(environment)).toEqual([]);
  expect(environment).not.toContain('GITHUB_TOKEN');
  for (const name of ['PATH', 'HOME', 'AZURE_CONFIG_DIR', 'REQUESTS_CA_BUNDLE', 'HTTPS_PROXY'])
    expect(environment).toMatch(new RegExp(`^${name}=`, 'm'));
});

/** @returns the file with the environments that az was given */
async function installTracedCli({ bin, emulator, deployer }: Scenario): Promise<string> {
  const service = await emulator.identityService({ azureCli: deployer.principal });
  await installAzureCli(bin, { tokenUrl: service.azureCliUrl });
  const [az, given] = [join(bin, 'az'), join(bin, 'az-environment')];
  await rename(az, join(bin, 'real-az'));
  await writeFile(az, `#!/bin/sh\nenv >> "${given}"\nexec "${join(bin, 'real-az')}" "$@"\n`, { mode: 0o755 });
  return given;
}

it("programs leave nothing of the API server's answers in the home folder", async () => {
  const scenario = await createScenario({ cluster: withEntra() });
  expect((await scenario.run()).error).toBe('');
  expect(await readdir(join(dirname(scenario.runner.temp), 'home'), { recursive: true })).toEqual([]);
});
