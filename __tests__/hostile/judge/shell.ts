import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Programs that suggested commands call; they do nothing here. */
const STUBS = ['az', 'kubectl', 'helm'];

/**
 * Pastes a suggestion into a shell, from its first command on, with programs that do nothing and a `touch` that shows.
 * @returns the files that other code in it made
 */
export async function pasteIntoShell(suggestion: string): Promise<readonly string[]> {
  const start = suggestion.search(/\b(?:az|kubectl|helm) /);
  if (start < 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'pasted-'));
  const [bin, work] = [join(folder, 'bin'), join(folder, 'work')];
  await Promise.all([mkdir(bin), mkdir(work)]);
  for (const name of STUBS) await script(join(bin, name), 'exit 0');
  await script(join(bin, 'touch'), `: > "${work}/touched-$1"`);
  await new Promise((resolve) => {
    const shell = spawn('/bin/bash', ['-c', suggestion.slice(start)], {
      cwd: work,
      env: { PATH: bin },
      stdio: 'ignore',
    });
    shell.on('close', resolve);
    shell.on('error', resolve);
  });
  const made = (await readdir(work)).filter((name) => name.startsWith('touched-'));
  await rm(folder, { recursive: true, force: true });
  return made;
}

async function script(path: string, line: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${line}\n`);
  await chmod(path, 0o755);
}
