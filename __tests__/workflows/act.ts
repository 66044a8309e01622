import { spawn } from 'node:child_process';
import { at, type Json, parseJson, text } from '../../emulator/lib/json.ts';

/**
 * A workflow run that has ended, as act's log tells of it. What act does not do as GitHub does, so that these runs cannot
 * show it:
 * - The jobs of a matrix have one set of outputs, those of the job that ends first. The page then says of the other
 *   clusters that it does not know. __tests__/scenarios/fleet.test.ts has the page where all outputs arrive.
 * - A called workflow that failed ends the run: no job of the caller comes after it, not even with always().
 * - A workflow called by a called one gives on neither outputs nor result: so deploy.yml and rotate.yml call none.
 * - An expression for max-parallel counts as 1: the clusters come one after the other.
 * - Environments, concurrency groups and permissions do nothing.
 */
export interface WorkflowRun {
  readonly exitCode: number;
  /** Results by job id. Of a matrix there is one for each job, and act gives one that failed to those after it too. */
  readonly jobs: Readonly<Record<string, readonly string[]>>;
  /** Outputs of steps, as `JOB.STEP.OUTPUT`; a matrix' jobs have those of the one that ended last. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Job summaries by job id. */
  readonly summaries: Readonly<Record<string, string>>;
  /** What `::error::` and `::notice::` said, and what the programs printed. */
  readonly log: string;
}

/** Longer than any run here takes on a busy machine. */
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
