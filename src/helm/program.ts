import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** How long a program may take to exit after SIGTERM: helm records the cancellation in its release. */
const GRACE_MS = 3_000;

const running = new Set<ChildProcess>();

/** Runs a program until it exits, or ends it after `timeoutMs`. */
export async function runProgram(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<ProgramResult> {
  const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end(child);
  }, timeoutMs);
  running.add(child);
  try {
    await once(child, 'close');
    return { exitCode: child.exitCode, ...output, timedOut };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** Ends all running programs when the job is cancelled. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((child) => Promise.all([once(child, 'close'), end(child)])));
}

function end(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
}
