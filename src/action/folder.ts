import { randomUUID } from 'node:crypto';
import { lstat, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const PREFIX = 'headlamp-aks-entra-';
const PROOF = 'created-by-this-step';

export interface RunFolder {
  readonly folder: string;
  /** Content of a file in it, which only the creator of the folder knows. */
  readonly proof: string;
}

/** The run's own folder, for what may not outlive the step: tokens, kubeconfig, charts. */
export async function createFolder(temp: string): Promise<RunFolder> {
  const folder = await mkdtemp(join(temp, PREFIX));
  const proof = randomUUID();
  await writeFile(join(folder, PROOF), proof, { mode: 0o600 });
  return { folder, proof };
}

/** @returns whether it was removed; a folder that is not known to be this run's is left alone */
export async function removeFolder({ folder, proof }: RunFolder): Promise<boolean> {
  const isFolder = await lstat(folder).then((entry) => entry.isDirectory());
  const found = isFolder && (await readFile(join(folder, PROOF), 'utf8').catch(() => undefined));
  if (!basename(folder).startsWith(PREFIX) || proof === '' || found !== proof) return false;
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  return true;
}
