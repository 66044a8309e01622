import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAction } from '../../emulator/runner/action.ts';
import { execute } from '../../emulator/runner/process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * Runs the post step with a folder in its state that hostile output put there.
 * @returns whether the files survived, and what it printed
 */
async function run(stateOf: (root: string) => string) {
  const root = await mkdtemp(join(tmpdir(), 'post-step-'));
  const [temp, work] = [join(root, '_temp'), join(root, 'work')];
  const others = join(temp, 'headlamp-aks-entra-others');
  for (const folder of [temp, work, others]) {
    await mkdir(folder);
    await writeFile(join(folder, 'precious'), '');
  }
  await symlink(work, join(temp, 'headlamp-aks-entra-AbCdEf'));
  const { main, post = main } = await readAction(join(ROOT, 'action.yml'));
  const environment = { RUNNER_TEMP: temp, GITHUB_WORKSPACE: work, STATE_isPost: 'true', STATE_folder: stateOf(root) };
  const lines: string[] = [];
  await execute({ file: post, folder: work, environment, onLine: (line) => void lines.push(line) });
  const left = await Promise.all(
    [temp, work, others].map((folder) =>
      access(join(folder, 'precious')).then(
        () => true,
        () => false,
      ),
    ),
  );
  await rm(root, { recursive: true, force: true });
  return { survived: left.every(Boolean), printed: lines.join('\n') };
}

describe('the post step removes no folder that the main step did not make', () => {
  it.for([
    ['the workspace', (root: string) => join(root, 'work')],
    ["the runner's temporary folder", (root: string) => join(root, '_temp')],
    [
      'a folder of another action with a name like ours',
      (root: string) => join(root, '_temp', 'headlamp-aks-entra-others'),
    ],
    ['one behind a path with dots', (root: string) => `${join(root, '_temp', 'headlamp-aks-entra-x')}/../../work`],
    ['one behind a link', (root: string) => `${join(root, '_temp', 'headlamp-aks-entra-AbCdEf')}/`],
    ['a relative one', () => '.'],
  ] as const)('such as %s', async ([, stateOf]) => {
    expect(await run(stateOf)).toEqual({
      survived: true,
      printed: expect.stringMatching(/^Warning: .* (was left alone|could not be removed)/),
    });
  });
});
