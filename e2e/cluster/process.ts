import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';

/** A program that runs until it is stopped. Its output goes to a file. */
export interface Process {
  readonly exited: boolean;
  stop(): Promise<void>;
}

export function startProcess(
  command: readonly string[],
  logFile: string,
  environment: Readonly<Record<string, string>> = {},
): Process {
  const [program = '', ...args] = command;
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env['PATH'] ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(logFile, { mode: 0o600 });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => {
      log.end();
      resolve();
    });
    child.on('error', (error) => {
      log.end(`${error}\n`);
      resolve();
    });
  });
  return {
    get exited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await closed;
      clearTimeout(late);
    },
  };
}
