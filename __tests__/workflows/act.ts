import { spawn } from 'node:child_process';
import { at, type Json, parseJson, text } from '../../emulator/lib/json.ts';

/**
 * A finished workflow run, from act's log. act differs from GitHub, so these runs cannot test the following:
 * - A matrix has one set of outputs, that of the job that ends first. The page then has no details of the other clusters.
 *   __tests__/scenarios/fleet.test.ts tests the page with all outputs.
 * - If a called workflow fails, the run ends: later jobs of the caller do not run, not even with always().
 * - Outputs and results pass through one level of called workflows only: so deploy.yml and rotate.yml call no other.
 * - If max-parallel is an expression, it counts as 1: the clusters run one after the other.
 * - Environments, concurrency groups and permissions have no effect.
 */
export interface WorkflowRun {
  readonly exitCode: number;
  /** Results by job id. A matrix has one for each job; act repeats a failure for the jobs after it. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  /** Outputs of steps, as `JOB.STEP.OUTPUT`; for a matrix those of the job that ended last. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Job summaries by job id. */
  readonly summaries: Readonly<Record<string, string>>;
  /** Annotations (`::error::`, `::notice::`) and the output of programs. */
  readonly log: string;
}

/** Longer than any of these runs takes on a busy machine. */
const TIMEOUT_MS = 240_000;

export function runAct(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<WorkflowRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args, '--json'], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let output = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => resolve({ exitCode: code ?? 1, ...readLog(output) }));
  });
}

function readLog(output: string): Omit<WorkflowRun, 'exitCode'> {
  const jobs: Record<string, string[]> = {};
  const outputs: Record<string, string> = {};
  const summaries: Record<string, string> = {};
  const log: string[] = [];
  for (const line of output.split('\n')) {
    const entry = parseJson(line);
    const job = text(entry, 'jobID') ?? '';
    const result = text(entry, 'jobResult');
    const command = text(entry, 'command');
    if (result !== undefined) jobs[job] = [...(jobs[job] ?? []), result];
    else if (command === 'set-output') outputs[outputName(job, entry)] = text(entry, 'arg') ?? '';
    else if (command === 'summary') summaries[job] = (summaries[job] ?? '') + (text(entry, 'content') ?? '');
    else log.push(text(entry, 'msg') ?? line);
  }
  return { jobs, outputs, summaries, log: log.join('\n') };
}

function outputName(job: string, entry: Json | undefined): string {
  return [job, at(entry, 'stepID', 0), text(entry, 'name')].join('.');
}
