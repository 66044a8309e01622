import { execFile, spawn } from 'node:child_process';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The oldest and the newest minor version that AKS offers, each at a patch that Go's module proxy serves.
 * https://learn.microsoft.com/azure/aks/supported-kubernetes-versions */
export const KUBERNETES_VERSIONS = { oldest: '1.34.4', newest: '1.37.2' } as const;
const ETCD = '3.6.6';
const KWOK = '0.8.0';

/** Paths of the programs of a control plane. */
export interface Programs {
  readonly etcd: string;
  readonly apiServer: string;
  readonly controllerManager: string;
  readonly scheduler: string;
  readonly kwok: string;
  /** Files with kwok's stages for a node. */
  readonly nodeStages: readonly string[];
}

/** One build: programs of one Go module. */
interface Build {
  readonly module: string;
  readonly version: string;
  readonly packages: readonly string[];
  readonly ldflags?: string;
}

const CACHE = join(import.meta.dirname, '..', '..', '.cache', 'e2e');
const run = promisify(execFile);

/** Builds what is missing. The first build of a Kubernetes version takes about five minutes on two processors. */
export async function buildPrograms(kubernetesVersion: string): Promise<Programs> {
  await run('go', ['version']).catch(() => {
    throw new Error('Building a control plane takes Go 1.24 or later on the PATH. Or set KUBECONFIG to a cluster.');
  });
  const minor = kubernetesVersion.split('.')[1];
  const stamp = [`gitVersion=v${kubernetesVersion}`, 'gitMajor=1', `gitMinor=${minor}`];
  const etcd = await build({ module: 'go.etcd.io/etcd/server/v3', version: ETCD, packages: [''] });
  const kwok = await build({ module: 'sigs.k8s.io/kwok', version: KWOK, packages: ['/cmd/kwok'] });
  const kubernetes = await build({
    module: 'k8s.io/kubernetes',
    version: kubernetesVersion,
    packages: ['/cmd/kube-apiserver', '/cmd/kube-controller-manager', '/cmd/kube-scheduler'],
    ldflags: stamp.map((entry) => `-X k8s.io/component-base/version.${entry}`).join(' '),
  });
  const stages = join(await moduleFolder('sigs.k8s.io/kwok', KWOK), 'kustomize', 'stage', 'node');
  return {
    etcd: join(etcd, 'server'),
    kwok: join(kwok, 'kwok'),
    apiServer: join(kubernetes, 'kube-apiserver'),
    controllerManager: join(kubernetes, 'kube-controller-manager'),
    scheduler: join(kubernetes, 'kube-scheduler'),
    nodeStages: [
      join(stages, 'fast', 'node-initialize.yaml'),
      join(stages, 'heartbeat-with-lease', 'node-heartbeat-with-lease.yaml'),
    ],
  };
}

/** @returns the folder with the programs */
async function build({ module, version, packages, ldflags = '' }: Build): Promise<string> {
  const folder = join(CACHE, `${module.replaceAll('/', '-')}-${version}`);
  const programs = join(folder, 'bin');
  if (await exists(programs)) return programs;
  console.log(`Building ${module} v${version} …`);
  const started = performance.now();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'go.mod'), await goMod(module, version));
  const partial = `${programs}.partial/`;
  await rm(partial, { recursive: true, force: true });
  const names = packages.map((name) => module + name);
  const options = ['-mod=mod', '-trimpath', `-p=${availableParallelism()}`, '-ldflags', `-s -w ${ldflags}`.trim()];
  await go(folder, ['build', ...options, '-o', partial, ...names]);
  await rename(partial, programs);
  console.log(`  in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return programs;
}

/** The go.mod of a module that requires the other one. Kubernetes requires the modules of its own repository at v0.0.0;
 * they are released as v0.MINOR.PATCH. */
async function goMod(module: string, version: string): Promise<string> {
  const own = await readFile(await moduleFile(module, version), 'utf8');
  const staged = [...own.matchAll(/^\s+(\S+) v0\.0\.0$/gm)].map(
    ([, name]) => `replace ${name} => ${name} v0.${version.slice(version.indexOf('.') + 1)}`,
  );
  const settings = own.match(/^(go|godebug) .+$/gm) ?? [];
  return ['module control-plane', ...settings, `require ${module} v${version}`, ...staged, ''].join('\n');
}

async function moduleFile(module: string, version: string): Promise<string> {
  return (await download(module, version)).GoMod;
}

async function moduleFolder(module: string, version: string): Promise<string> {
  return (await download(module, version)).Dir;
}

async function download(module: string, version: string): Promise<{ GoMod: string; Dir: string }> {
  const { stdout } = await run('go', ['mod', 'download', '-json', `${module}@v${version}`], { cwd: '/' });
  return JSON.parse(stdout);
}

function go(folder: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nice', ['go', ...args], {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`go ${args[0]} failed:\n${errors}`))));
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
