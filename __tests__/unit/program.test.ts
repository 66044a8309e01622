import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { azureCliEnvironment, cleanEnvironment, endPrograms, runProgram } from '../../src/helm/program.ts';

const env = { PATH: process.env['PATH'] ?? '' };
const shell = (script: string, timeoutMs = 60_000) => runProgram('sh', ['-c', script], env, timeoutMs);

describe('a child process', () => {
  it('returns its output and its exit code', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      timedOut: false,
    });
  });

  it('is terminated after its timeout, with SIGTERM first', async () => {
    expect(await shell('trap "echo asked; exit 1" TERM; while :; do sleep 0.1; done', 100)).toMatchObject({
      stdout: 'asked\n',
      timedOut: true,
    });
  });

  it('is not waited for any longer because of what it has started, which keeps its output open', async () => {
    const start = performance.now();
    expect(await shell('echo started; sleep 60 & wait', 100)).toMatchObject({ stdout: 'started\n', timedOut: true });
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it('is terminated when the job ends', async () => {
    const run = shell('echo started; exec sleep 60');
    await endPrograms();
    expect(await run).toMatchObject({ exitCode: null, timedOut: false });
  });

  it('fails if the program does not exist', async () => {
    await expect(runProgram('no-such-program', [], env, 1_000)).rejects.toThrow(/ENOENT/);
  });
});

it('is looked for in no relative or empty folder of the PATH: the workspace could have a program of its name', () => {
  const PATH = ['', '.', 'node_modules/.bin', '/usr/bin', '..', '/bin', ''].join(delimiter);
  for (const environment of [cleanEnvironment({ PATH }, '/tmp'), azureCliEnvironment({ PATH })])
    expect(environment['PATH']).toBe(['/usr/bin', '/bin'].join(delimiter));
});
