import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asRead } from '../../emulator/runner/summary.ts';
import { createScenario, releases, type Scenario, vaultSecrets, withEntra } from './scenario.ts';
import { formsOf } from './secret-forms.ts';
import { shared } from './shared.ts';

/** What a run leaves for anybody to read, by where it is. `add-mask` is how the runner is told what to hide. */
async function tracesOf(
  scenario: Scenario,
  output: string,
  more: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const files = await filesIn(join(scenario.runner.temp, '..'));
  return {
    'the log': output
      .split('\n')
      .filter((line) => !line.startsWith('::add-mask::'))
      .join('\n'),
    'arguments, environment and files of helm': (await scenario.helmTraces()).join('\n'),
    'the Helm release': releases(scenario)
      .map(({ record }) => record)
      .join('\n'),
    'files of the runner': files.join('\n'),
    'addresses of requests': scenario.emulator.requests
      .all()
      .map(({ host, path }) => `${host}${path}`)
      .join('\n'),
    'objects of the cluster but the Secret': JSON.stringify(
      ['Deployment', 'Pod', 'ConfigMap', 'ReplicaSet', 'Service'].map((kind) => scenario.cluster.list(kind)),
    ),
    ...more,
  };
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return Promise.all(
    entries.filter((entry) => entry.isFile()).map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  );
}

async function expectNoSecretIn(scenario: Scenario, result: Awaited<ReturnType<Scenario['run']>>): Promise<void> {
  const secrets = vaultSecrets(scenario).map(({ value }) => value);
  expect(secrets.length).toBeGreaterThan(0);
  const traces = await tracesOf(scenario, result.output, {
    'the summary': asRead(result.summary),
    'the outputs': JSON.stringify(result.outputs),
    'the error': result.error,
  });
  for (const [place, content] of Object.entries(traces)) {
    for (const form of secrets.flatMap(formsOf))
      expect(content.includes(form), `the client secret is in ${place}`).toBe(false);
  }
}

/** A first deployment, with the debug log. */
const deployed = shared(async (atEnd) => {
  const scenario = await createScenario({ cluster: withEntra() }, atEnd);
  return { scenario, result: await scenario.run({}, { ACTIONS_STEP_DEBUG: 'true', RUNNER_DEBUG: '1' }) };
});

describe('the client secret', () => {
  it('is in no log, argument, environment, file, output, summary or Helm release', async () => {
    const { scenario, result } = deployed();
    expect(result.error).toBe('');
    expect((await scenario.helmTraces()).length).toBeGreaterThan(2);
    await expectNoSecretIn(scenario, result);
  });

  it('is found by the same search where it is expected', () => {
    const { scenario, result } = deployed();
    const [secret] = vaultSecrets(scenario);
    const inCluster = JSON.stringify(scenario.cluster.get('Secret', 'headlamp', 'headlamp-oidc-entra'));
    expect(formsOf(secret?.value ?? '').some((form) => inCluster.includes(form))).toBe(true);
    expect(result.output.split('\n')).toContain(`::add-mask::${secret?.value}`);
  });

  it('is masked before it is written anywhere', () => {
    const { scenario, result } = deployed();
    const lines = result.output.split('\n');
    const masked = lines.indexOf(`::add-mask::${vaultSecrets(scenario)[0]?.value}`);
    expect(masked).toBeGreaterThan(0);
    expect(masked).toBeLessThan(lines.findIndex((line) => line.includes('stored as https://kv-platform')));
  });

  it('is redacted from errors that repeat the request', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    scenario.emulator.faults.onExecuted(() => {
      const value = vaultSecrets(scenario)[0]?.value;
      if (value === undefined) return;
      const echo = JSON.stringify({
        kind: 'Status',
        code: 422,
        reason: 'Invalid',
        message: `Secret is invalid: ${value} ${Buffer.from(value).toString('base64')}`,
      });
      scenario.emulator.faults.add({
        matches: ({ method, url }) => method === 'POST' && url.pathname.endsWith('/namespaces/headlamp/secrets'),
        times: 1,
        fault: { kind: 'status', status: 422, headers: { 'content-type': 'application/json' }, body: echo },
      });
    });
    const result = await scenario.run();
    expect(result.exitCode).toBe(1);
    expect(result.error).toContain('answered 422: Invalid');
    await expectNoSecretIn(scenario, result);
  });
});

describe("the run's temporary files", () => {
  it('are readable only by their owner', async () => {
    const calls = join(deployed().scenario.bin, '..', 'calls');
    const entries = await readdir(calls, { recursive: true, withFileTypes: true });
    // What the action puts into the runner's folder for temporary files: a folder of its own.
    const own = entries.filter(({ parentPath }) => parentPath.endsWith('/temp'));
    const modes = await Promise.all(
      own.map(async ({ parentPath, name }) => [name, (await stat(join(parentPath, name))).mode & 0o077]),
    );
    expect(modes.length).toBeGreaterThan(0);
    expect(modes.filter(([, others]) => others !== 0)).toEqual([]);
  });

  it('are deleted by the post step', async () => {
    const { scenario } = deployed();
    expect(await readdir(scenario.runner.temp)).toEqual([]);
    expect(await readdir(scenario.runner.workspace)).toEqual([]);
  });

  it('are deleted even after a failed step', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    await scenario.run({ values: 'replicaCount: many' });
    expect(await readdir(scenario.runner.temp)).toEqual([]);
  });
});
