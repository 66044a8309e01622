import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createLineSplitter } from './lines.ts';

export interface Process {
  readonly file: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Called with each line of standard output and standard error as it comes. */
  readonly onLine: (line: string) => void;
  /** Kills the process and its children. */
  readonly kill?: AbortSignal;
  /** SIGINT, SIGTERM, then SIGKILL, as a runner cancels. */
  readonly cancel?: AbortSignal;
}

/** When a runner sends the next signal to a cancelled step, counted from the first signal.
 * https://docs.github.com/actions/reference/workflow-cancellation-reference */
const SIGTERM_AFTER_MS = 7_500;
const SIGKILL_AFTER_MS = 10_000;

/** Runs a file with Node.js to its end. */
export function execute(options: Process): Promise<{ readonly exitCode: number; readonly output: string }> {
  const { file, folder, environment, onLine, kill, cancel } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(), [file], {
      cwd: folder,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      const lines = createLineSplitter();
      stream.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        for (const line of lines.push(chunk)) onLine(line);
      });
      stream.on('end', () => {
        for (const line of lines.end()) onLine(line);
      });
    }
    const killAll = () => process.kill(-(child.pid ?? 0), 'SIGKILL');
    const timers: NodeJS.Timeout[] = [];
    const cancelInSteps = () => {
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), SIGTERM_AFTER_MS),
        setTimeout(killAll, SIGKILL_AFTER_MS),
      );
    };
    kill?.addEventListener('abort', killAll);
    cancel?.addEventListener('abort', cancelInSteps);
    child.on('error', reject);
    child.on('close', (code) => {
      kill?.removeEventListener('abort', killAll);
      cancel?.removeEventListener('abort', cancelInSteps);
      for (const timer of timers) clearTimeout(timer);
      resolve({ exitCode: code ?? 137, output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Node.js 24, as in `using: node24`; the machine may have another version. */
export function nodeBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('node/package.json');
  return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}
