import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const FOLDER = join(import.meta.dirname, '..', '..', '.cache', 'az');
const run = promisify(execFile);

let installed: Promise<string> | undefined;

/** Installs Microsoft's az and shellcheck at the versions of requirements.txt, which takes minutes the first time.
 * @returns the folder of the programs */
export function azPrograms(): Promise<string> {
  installed ??= install();
  return installed;
}

async function install(): Promise<string> {
  const wanted = await readFile(REQUIREMENTS, 'utf8');
  const programs = join(FOLDER, 'bin');
  const marker = join(FOLDER, 'installed.txt');
  if ((await readFile(marker, 'utf8').catch(() => '')) === wanted) return programs;
  console.error('Installing the az CLI into .cache/az, which takes minutes …');
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(dirname(FOLDER), { recursive: true });
  await run('python3', ['-m', 'venv', FOLDER]);
  await run(join(programs, 'pip'), ['install', '--quiet', '--requirement', REQUIREMENTS]);
  await writeFile(marker, wanted);
  return programs;
}
