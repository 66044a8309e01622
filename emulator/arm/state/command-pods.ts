import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unzipSync } from 'fflate';
import { realTools } from '../../helm/tools.ts';

/** The tools that AKS provides in a command pod. https://learn.microsoft.com/azure/aks/access-private-cluster */
const SYSTEM_TOOLS = ['sh', 'bash', 'jq', 'xargs', 'grep', 'awk'];
const OUTPUT_LIMIT = 512 * 1024;

/** A command, with everything about it that others can read. */
export interface CommandRecord {
  readonly id: string;
  readonly clusterId: string;
  readonly command: string;
  /** The attached files by path. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly startedAt: string;
  result?: { readonly exitCode: number; readonly logs: string; readonly finishedAt: string };
  /** Why AKS could not run it. */
  readonly notRun?: string;
}

export interface CommandPods {
  /** Runs a real shell command in a folder with the files, with the real kubectl and helm. */
  run(command: string, files: Readonly<Record<string, Uint8Array>>, kubeconfig: string): Promise<PodResult>;
  close(): void;
}

export interface PodResult {
  readonly exitCode: number;
  readonly logs: string;
}

/** @param proxyUrl the proxy in the network of the clusters */
export function createCommandPods(proxyUrl: () => string): CommandPods {
  const running = new Set<ChildProcess>();
  return {
    run: async (command, files, kubeconfig) => {
      const root = await mkdtemp(join(tmpdir(), 'command-'));
      const [bin, work] = [join(root, 'bin'), join(root, 'work')];
      await Promise.all([mkdir(bin), mkdir(work)]);
      await linkTools(bin);
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(work, path)), { recursive: true });
        await writeFile(join(work, path), content);
      }
      const file = join(root, 'kubeconfig');
      await writeFile(file, kubeconfig, { mode: 0o600 });
      // It has no home that could be written to.
      const env = { PATH: bin, KUBECONFIG: file, HTTPS_PROXY: proxyUrl() };
      try {
        return await execute(command, work, env, running);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
    close: () => {
      for (const child of running) child.kill('SIGKILL');
    },
  };
}

export function unzip(base64: string): Record<string, Uint8Array> {
  return base64 === '' ? {} : unzipSync(Buffer.from(base64, 'base64'));
}

function execute(
  command: string,
  cwd: string,
  env: Record<string, string>,
  running: Set<ChildProcess>,
): Promise<PodResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(env['PATH'] ?? '', 'bash'), ['-c', command], {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer) => chunks.push(chunk);
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve({ exitCode: code ?? 137, logs: Buffer.concat(chunks).subarray(0, OUTPUT_LIMIT).toString() });
    });
  });
}

async function linkTools(bin: string): Promise<void> {
  const { helm, kubectl } = await realTools();
  await Promise.all([
    symlink(helm, join(bin, 'helm')),
    symlink(kubectl, join(bin, 'kubectl')),
    ...SYSTEM_TOOLS.map((tool) => symlink(`/usr/bin/${tool}`, join(bin, tool))),
  ]);
}
