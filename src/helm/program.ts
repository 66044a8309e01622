import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** How long a program may take to end by itself: helm notes in its release that it was cancelled. */
const GRACE_MS = 3_000;

const running = new Set<ChildProcess>();

/** Runs a program to its end, or ends it when the time is over. */
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

/** For a job that is cancelled: ends what still runs. */
export async function endPrograms(): Promise<void> {
  await Promise.all([...running].map((child) => Promise.all([once(child, 'close'), end(child)])));
}

function end(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
}
