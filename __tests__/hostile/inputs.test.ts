import { spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { object } from '../../emulator/lib/json.ts';
import { expectRefusal } from '../scenarios/refusal.ts';
import { createScenario, releases, withEntra } from '../scenarios/scenario.ts';
import { expectHarmless } from './evidence.ts';

const GROUP = '11111111-1111-4111-8111-111111111111';

/** What every object of JavaScript has, or what stands for it. */
const KEYS = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];

describe.each(KEYS)('a key %s', (key) => {
  it('among the values sets nothing that only the action may set, and leaves the next run nothing to do', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const foreign = 'config: {unsafeUseServiceAccountToken: true, oidc: {clientSecret: foreign}}';
    const values = `${key}: {${foreign}}\nconfig: {${key}: {oidc: {clientSecret: foreign}}, pluginsDir: /plugins}`;
    const result = await scenario.run({ values });
    await expectHarmless(scenario, result);
    if (result.error === '') {
      const [release] = releases(scenario);
      const config = object(JSON.parse(release?.record ?? '{}'), 'config', 'config');
      expect(Object.keys(config)).not.toContain('unsafeUseServiceAccountToken');
      expect(JSON.stringify(object(config, 'oidc'))).not.toContain('foreign');
      expect((await scenario.run({ values })).outputs['changes']).toBe('[]');
    } else expectRefusal(result, 'values-invalid', key);
  });

  it('in access, labels and a list of clusters is a name like any other', async () => {
    const scenario = await createScenario({ cluster: withEntra() });
    const access = await scenario.run({ access: `${key}: ${GROUP}`, mode: 'plan' });
    expect(access.error).toBe('');
    expect(access.outputs['changes']).toContain(key);
    const labels = await scenario.run({ 'namespace-labels': `{${key}: a}`, mode: 'plan' });
    if (key === '__proto__') expectRefusal(labels, 'invalid-inputs', key);
    else expect(labels.error).toBe('');
    const clusters = `[{cluster-name: aks-demo, ${key}: a}]`;
    const listed = await scenario.run({ 'cluster-name': '', clusters, mode: 'plan' });
    expectRefusal(listed, 'invalid-inputs', `${key}: is not an input of this action`);
  });
});

/** Aliases that go deeper than YAML itself may be nested. */
function aliasesInAliases(count: number): string {
  const open = (name: number, inner: string) => `&a${name} ${'['.repeat(50)}${inner}${']'.repeat(50)}`;
  return `[${Array.from({ length: count }, (_, index) => open(index, index === 0 ? '' : `*a${index - 1}`)).join(', ')}]`;
}

const BOTTOMLESS: readonly (readonly [string, string])[] = [
  ['that is nested in 10,000 levels', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
  ['that aliases nest in 10,000 levels', aliasesInAliases(200)],
  ['that aliases nest in 2,000 levels', aliasesInAliases(40)],
  ['that contains itself', '&a [*a]'],
];

describe.each(BOTTOMLESS)('YAML %s', (_, yaml) => {
  it.for([
    ['values', (content: string) => `a: ${content}`],
    ['access', (content: string) => `a: ${content}`],
    ['namespace-labels', (content: string) => `a: ${content}`],
    ['clusters', (content: string) => `[{cluster-name: aks-demo, values: ${content}}]`],
  ] as const)('is a mistake in %s', async ([input, textOf]) => {
    const scenario = await createScenario();
    const result = await scenario.run({
      ...(input === 'clusters' && { 'cluster-name': '' }),
      [input]: textOf(yaml),
    });
    expectRefusal(result, 'invalid-inputs', input, 'nest');
    expect(result.error.length).toBeLessThan(1_000);
    expect(scenario.emulator.requests.all()).toEqual([]);
  });
});

it.for(['a pipe', 'a device', 'a folder'])('a file with values that is %s is a mistake', async (what) => {
  const scenario = await createScenario();
  const path = join(scenario.runner.workspace, 'values.yaml');
  if (what === 'a pipe') spawnSync('mkfifo', [path]);
  else if (what === 'a device') await symlink('/dev/zero', path);
  else await mkdir(path);
  const result = await scenario.run({ 'values-files': 'values.yaml' });
  expectRefusal(result, 'invalid-inputs', 'values-files: values.yaml cannot be read');
  expect(scenario.emulator.requests.all()).toEqual([]);
});

it('a file with values that is a link to a file of the runner tells nobody what that file holds', async () => {
  const scenario = await createScenario();
  const { temp, workspace } = scenario.runner;
  await writeFile(join(temp, 'credentials'), 'machine: [a.example\npassword: "correct horse\n');
  await symlink(join(temp, 'credentials'), join(workspace, 'values.yaml'));
  const result = await scenario.run({ 'values-files': 'values.yaml' });
  expectRefusal(result, 'invalid-inputs', 'values-files: values.yaml: line 2 is not valid YAML');
  expect(result.output + result.summary).not.toMatch(/horse|a\.example/);
});
