import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realTools } from '../helm/tools.ts';
import { systemEnvironment } from '../lib/system-environment.ts';
import { type ActionDefinition, readAction } from './action.ts';

/** The result of a step. */
export interface StepResult {
  readonly exitCode: number;
  /** Standard output and standard error, with workflow commands. */
  readonly output: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What `::error::` said. */
  readonly error: string;
  readonly warnings: readonly string[];
  readonly milliseconds: number;
}

export interface StepOptions {
  readonly inputs: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called with each line as it comes. */
  readonly onLine?: (line: string) => void;
  /** Kills the main step, as if the runner was killed; the post step does not run. */
  readonly kill?: AbortSignal;
  /** Cancels the job: SIGINT, SIGTERM, then SIGKILL to the main step; the post step runs. */
  readonly cancel?: AbortSignal;
}

/** A machine that runs jobs. Its folders are kept between steps. */
export interface Runner {
  readonly temp: string;
  readonly toolCache: string;
  readonly workspace: string;
  /** Runs the main step and, as `post-if: always()` has it, the post step. */
  step(options: StepOptions): Promise<StepResult>;
  remove(): Promise<void>;
}

/** When a runner sends the next signal to a cancelled step, counted from the first signal.
 * https://docs.github.com/actions/reference/workflow-cancellation-reference */
const SIGTERM_AFTER_MS = 7_500;
const SIGKILL_AFTER_MS = 10_000;

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * @param path folders in front of the PATH of the job; by default that of the real helm, as on GitHub's runners
 * @param definition the action's file, from the root of the repository
 */
export async function createRunner(path?: readonly string[], definition = 'action.yml'): Promise<Runner> {
  const first = path ?? [dirname((await realTools()).helm)];
  const root = await mkdtemp(join(tmpdir(), 'a runner-'));
  const folders = {
    temp: join(root, '_temp'),
    toolCache: join(root, '_tool'),
    workspace: join(root, 'work'),
    home: join(root, 'home'),
  };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const action = await readAction(join(ROOT, definition));
  const base = {
    ...systemEnvironment(first, folders.home),
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: folders.workspace,
    RUNNER_TEMP: folders.temp,
    RUNNER_TOOL_CACHE: folders.toolCache,
    RUNNER_OS: { darwin: 'macOS', win32: 'Windows' }[process.platform as string] ?? 'Linux',
    RUNNER_ARCH: process.arch.toUpperCase(),
  };
  return {
    ...folders,
    step: (options) => runStep(action, folders.workspace, { ...base, ...options.environment }, options),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

async function runStep(
  action: ActionDefinition,
  workspace: string,
  environment: Readonly<Record<string, string>>,
  options: StepOptions,
): Promise<StepResult> {
  const files = await mkdtemp(join(tmpdir(), 'step-'));
  const file = async (name: string) => {
    await writeFile(join(files, name), '');
    return join(files, name);
  };
  const [output, state, summary] = await Promise.all(['output', 'state', 'summary'].map(file));
  const commands = { GITHUB_OUTPUT: output ?? '', GITHUB_STATE: state ?? '', GITHUB_STEP_SUMMARY: summary ?? '' };
  const started = performance.now();
  try {
    const main = await execute(
      action.main,
      workspace,
      { ...environment, ...commands, ...inputVariables(action, options.inputs) },
      options,
    );
    const states = parseFileCommand(await readFile(commands.GITHUB_STATE, 'utf8'));
    const saved = Object.fromEntries(Object.entries(states).map(([name, value]) => [`STATE_${name}`, value]));
    const post =
      options.kill?.aborted || action.post === undefined
        ? { exitCode: 0, output: '' }
        : await execute(action.post, workspace, { ...environment, ...commands, ...saved }, { onLine: options.onLine });
    const all = main.output + post.output;
    return {
      exitCode: main.exitCode === 0 ? post.exitCode : main.exitCode,
      output: all,
      outputs: parseFileCommand(await readFile(commands.GITHUB_OUTPUT, 'utf8')),
      summary: await readFile(commands.GITHUB_STEP_SUMMARY, 'utf8'),
      error: commandsIn(all, 'error')[0] ?? '',
      warnings: commandsIn(all, 'warning'),
      milliseconds: performance.now() - started,
    };
  } finally {
    await rm(files, { recursive: true, force: true });
  }
}

/** Inputs with their defaults, as the environment variables that a runner sets. */
function inputVariables(
  { defaults }: ActionDefinition,
  inputs: Readonly<Record<string, string>>,
): Record<string, string> {
  const unknown = Object.keys(inputs).find((name) => !(name in defaults));
  if (unknown !== undefined) throw new Error(`action.yml has no input ${unknown}.`);
  const values = Object.entries({ ...defaults, ...inputs });
  return Object.fromEntries(values.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));
}

function execute(
  file: string,
  workspace: string,
  environment: Record<string, string>,
  { onLine, kill, cancel }: { [Name in 'onLine' | 'kill' | 'cancel']?: StepOptions[Name] | undefined },
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(nodeBinary(), [file], {
      cwd: workspace,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let output = '';
    let line = '';
    const take = (chunk: Buffer) => {
      output += chunk.toString();
      line += chunk.toString();
      const lines = line.split('\n');
      line = lines.pop() ?? '';
      for (const whole of lines) onLine?.(whole);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
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
      resolve({ exitCode: code ?? 137, output });
    });
  });
}

/** Node.js 24, as in `using: node24`; the machine may have another version. */
function nodeBinary(): string {
  const manifest = createRequire(import.meta.url).resolve('node/package.json');
  return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** `name<<delimiter`, lines, `delimiter`. https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings */
function parseFileCommand(content: string): Record<string, string> {
  const entries = [...content.matchAll(/^(?<name>[^\n=]+?)<<(?<end>.+)\n(?<value>[\s\S]*?)\n\k<end>$/gm)];
  return Object.fromEntries(entries.map(({ groups = {} }) => [groups['name'] ?? '', groups['value'] ?? '']));
}

function commandsIn(output: string, name: string): string[] {
  const lines = output.split('\n').filter((line) => line.startsWith(`::${name}`));
  return lines.map((line) =>
    line
      .replace(/^::[^:]*(?:[^:]|:(?!:))*::/, '')
      .replaceAll('%0A', '\n')
      .replaceAll('%0D', '\r')
      .replaceAll('%25', '%'),
  );
}
