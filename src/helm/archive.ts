import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cleanEnvironment, type Environment, runProgram } from './program.ts';

/** The machine that runs helm. */
export interface HelmPlatform {
  readonly os: NodeJS.Platform;
  readonly arch: string;
  /** The run's own temporary folder. What is downloaded, or found in the tool cache, is verified and run in here. */
  readonly folder: string;
  readonly environment: Environment;
}

const UNPACK_TIMEOUT_MS = 120_000;

/** The name of Helm's release archive, such as helm-v4.1.4-linux-amd64.tar.gz. */
export function archiveName(version: string, { os, arch }: Pick<HelmPlatform, 'os' | 'arch'>): string {
  const system = os === 'win32' ? 'windows' : os;
  const machine = arch === 'x64' ? 'amd64' : arch;
  return `helm-v${version}-${system}-${machine}.${system === 'windows' ? 'zip' : 'tar.gz'}`;
}

/** @returns the path of the program in the archive, undefined if there is none @throws Error with tar's message */
export async function unpack(archive: string, target: string, platform: HelmPlatform): Promise<string | undefined> {
  const { environment, folder, os } = platform;
  await mkdir(target, { recursive: true });
  // The tar of Windows reads zip, too; the PATH may have another one first.
  const tar = os === 'win32' ? join(environment['SYSTEMROOT'] ?? 'C:\\Windows', 'System32', 'tar.exe') : 'tar';
  // -o: otherwise tar, run as root, gives the files to the user whose number the archive states.
  const flags = archive.endsWith('.zip') ? '-xof' : '-xzof';
  const env = cleanEnvironment(environment, folder);
  const { exitCode, stderr } = await runProgram(tar, [flags, archive, '-C', target], env, UNPACK_TIMEOUT_MS);
  if (exitCode !== 0) throw new Error(`tar could not unpack it: ${stderr.trim()}`);
  return findProgram(target, os);
}

/** Looks for helm at any depth: archives and other actions have it in a folder such as linux-amd64. */
export async function findProgram(folder: string, os: NodeJS.Platform): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = entries.find((entry) => entry.isFile() && entry.name === programName(os));
  return found && join(found.parentPath, found.name);
}

export function programName(os: NodeJS.Platform): string {
  return os === 'win32' ? 'helm.exe' : 'helm';
}
