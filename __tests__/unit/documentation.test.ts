import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { type Json, list, object } from '../../emulator/lib/json.ts';
import { readAction } from '../../emulator/runner/action.ts';
import { DEFAULTS } from '../../src/inputs/defaults.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFile(join(ROOT, path), 'utf8');
/** Suites that run the built action. */
const SCENARIOS = ['__tests__/scenarios', '__tests__/refusals', '__tests__/variants'];

async function testsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(join(ROOT, folder))).filter((name) => name.endsWith('.test.ts'));
  return Promise.all(names.map((name) => read(join(folder, name))));
}

const errorIds = async () =>
  [...(await read('src/lib/errors.ts')).matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, id]) => id ?? '');

describe('the documentation', () => {
  it('has exactly one section for each error id', async () => {
    const ids = await errorIds();
    const headings = [...(await read('docs/troubleshooting.md')).matchAll(/^### (.+)$/gm)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(30);
    expect(headings.sort()).toEqual(ids.sort());
  });

  it('lists only errors that some scenario ends with', async () => {
    const folders = await Promise.all(SCENARIOS.map(testsIn));
    const scenarios = folders.flat().join('\n');
    // As the id that a refusal is compared with, or at the start of the error's text.
    const ended = (id: string) => scenarios.includes(`'${id}'`) || scenarios.includes(`/^${id}: `);
    expect((await errorIds()).filter((id) => !ended(id))).toEqual([]);
  });

  it('names only tests that exist for what was tried', async () => {
    const rows = [...(await read('docs/compatibility.md')).matchAll(/^\|.*\|$/gm)].map(([row]) => row);
    const titles = rows.flatMap((row) => [...row.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title));
    expect(titles.length).toBeGreaterThan(15);
    const files = await Promise.all([...SCENARIOS, 'e2e'].map(testsIn));
    const tests = files.flat().join('\n');
    // As the code has it: in single quotes, in double quotes where it has an apostrophe.
    const exists = (title: string) => tests.includes(`'${title}'`) || tests.includes(`"${title}"`);
    expect(titles.filter((title) => !exists(title))).toEqual([]);
  });

  it('lists each input with its default, and each output, in the words of action.yml', async () => {
    const [action, reference] = await Promise.all([read('action.yml'), read('docs/reference.md')]);
    const { inputs = {}, outputs = {} } = object(load(action) as Json);
    const rows = reference.split('\n');
    for (const [name, input] of Object.entries(object(inputs))) {
      const { description = '', default: value } = object(input);
      const told = String(description).replace('Required', '**Required**');
      expect(rows).toContain(`| \`${name}\` | ${value ? `\`${value}\`` : ''} | ${told} |`);
    }
    for (const [name, output] of Object.entries(object(outputs)))
      expect(rows).toContain(`| \`${name}\` | ${object(output)['description']} |`);
  });

  it('shows on its first screen a step whose inputs the action accepts', async () => {
    const [action, readme] = await Promise.all([readAction(join(ROOT, 'action.yml')), read('README.md')]);
    const job = load(/```yaml\n([\s\S]*?)```/.exec(readme)?.[1] ?? '') as Json;
    const given = Object.keys(object(list(job, 'steps')[0], 'with'));
    expect(given.filter((name) => !(name in action.defaults))).toEqual([]);
    expect(action.required.filter((name) => !given.includes(name))).toEqual([]);
    expect(object(job, 'permissions')).toMatchObject({ 'id-token': 'write' });
  });

  it('lists exactly the permissions that the tests run with', async () => {
    const [reference, world] = await Promise.all([read('docs/reference.md'), read('emulator/worlds/standard.ts')]);
    const granted = [
      ...world.matchAll(/'((?:Azure Kubernetes|Headlamp AKS Entra|Key Vault)[\w ]+|\w+\.ReadWrite\.\w+)'/g),
    ].map(([, name]) => name ?? '');
    expect(granted.length).toBe(6);
    for (const name of granted) expect(reference).toContain(name);
  });
});

describe('action.yml', () => {
  it('declares exactly the outputs that a run sets', async () => {
    const action = await readAction(join(ROOT, 'action.yml'));
    const named = [...(await read('src/report/outputs.ts')).matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(([, name]) => name);
    expect([...action.outputs].sort()).toEqual(named.sort());
  });

  it('has the defaults that inputs have', async () => {
    const { defaults } = await readAction(join(ROOT, 'action.yml'));
    const stated = Object.fromEntries(Object.entries(defaults).filter(([, value]) => value !== ''));
    expect(stated).toEqual(DEFAULTS);
  });
});
