import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { realTools } from '../helm/tools.ts';
import { systemEnvironment } from '../lib/system-environment.ts';
import { type ActionDefinition, readAction } from './action.ts';
import type { Annotation } from './annotations.ts';
import { type CommandManager, createCommandManager, type ObeyedCommand } from './commands.ts';
import { execute } from './process.ts';
import { createStepFiles, type WrittenFiles } from './step-files.ts';

/** The result of a step. */
export interface StepResult {
  /** Of the process; the runner may fail the step all the same, see `failures`. */
  readonly exitCode: number;
  /** Standard output and standard error, with workflow commands. */
  readonly output: string;
  /** As later steps get them: of the file, and of `set-output`. */
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** What the first `::error::` that the runner obeyed said, or that a step ended in failure without one. */
  readonly error: string;
  readonly warnings: readonly string[];
  /** Commands that the runner obeyed, in order. */
  readonly commands: readonly ObeyedCommand[];
  /** What the log shows, masked. */
  readonly log: readonly string[];
  readonly annotations: readonly Annotation[];
  /** Everything that the runner hides since, in all forms. */
  readonly masks: readonly string[];
  /** Why the runner fails the step, although its process may have ended well. */
  readonly failures: readonly string[];
  /** What later steps would find in their environment. */
  readonly exported: { readonly environment: Readonly<Record<string, string>>; readonly path: readonly string[] };
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
  /** Runs the main step and, as `post-if: always()` has it, the post step: a job of its own. */
  step(options: StepOptions): Promise<StepResult>;
  remove(): Promise<void>;
}

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
    step: (options) => runJob(action, folders.workspace, { ...base, ...options.environment }, options),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

type Environment = Readonly<Record<string, string>>;

/** The main step and the post step: two steps with files of their own, and with the same masks. */
async function runJob(
  action: ActionDefinition,
  folder: string,
  environment: Environment,
  options: StepOptions,
): Promise<StepResult> {
  const { inputs, onLine, kill, cancel } = options;
  const manager = createCommandManager({ debug: environment['ACTIONS_STEP_DEBUG'] === 'true' });
  const requestToken = environment['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  if (requestToken) manager.masks.add(requestToken);
  const job = { folder, manager, onLine };
  const started = performance.now();
  const main = await runStep(action.main, { ...environment, ...inputVariables(action, inputs) }, job, { kill, cancel });
  const saved = Object.fromEntries(Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]));
  const post =
    kill?.aborted || action.post === undefined
      ? undefined
      : await runStep(action.post, { ...environment, ...saved }, job);
  const milliseconds = performance.now() - started;
  return {
    ...together(main, post, kill?.aborted === true || cancel?.aborted === true),
    masks: manager.masks.all(),
    milliseconds,
  };
}

type RanStep = Awaited<ReturnType<typeof runStep>>;

/** @param isStopped whether it was killed or cancelled */
function together(
  main: RanStep,
  post: RanStep | undefined,
  isStopped: boolean,
): Omit<StepResult, 'masks' | 'milliseconds'> {
  const steps = post ? [main, post] : [main];
  const commands = steps.flatMap((step) => step.obeyed);
  const ended = isStopped ? undefined : steps.find(({ exitCode }) => exitCode !== 0);
  const dataOf = (name: string) => commands.filter((command) => command.name === name).map(({ data }) => data);
  return {
    exitCode: main.exitCode === 0 ? (post?.exitCode ?? 0) : main.exitCode,
    output: steps.map((step) => step.output).join(''),
    outputs: { ...main.outputs, ...post?.outputs },
    summary: steps.map((step) => step.summary).join(''),
    error:
      dataOf('error')[0] ??
      (ended === undefined ? '' : `The step ended with exit code ${ended.exitCode} and no error.`),
    warnings: dataOf('warning'),
    commands,
    log: steps.flatMap((step) => step.log),
    annotations: steps.flatMap((step) => step.annotations),
    failures: steps.flatMap((step) => step.failures),
    exported: {
      environment: { ...main.environment, ...post?.environment },
      path: steps.flatMap((step) => step.path),
    },
  };
}

interface Job {
  readonly folder: string;
  readonly manager: CommandManager;
  readonly onLine: StepOptions['onLine'];
}

async function runStep(
  file: string,
  environment: Environment,
  { folder, manager, onLine }: Job,
  signals: { readonly [Name in 'kill' | 'cancel']?: AbortSignal | undefined } = {},
) {
  const files = await createStepFiles();
  try {
    const { exitCode, output } = await execute({
      file,
      folder,
      environment: { ...environment, ...files.variables },
      onLine: (line) => {
        manager.take(line);
        onLine?.(line);
      },
      ...(signals.kill && { kill: signals.kill }),
      ...(signals.cancel && { cancel: signals.cancel }),
    });
    const commands = manager.endStep();
    return { exitCode, output, ...commands, ...withFiles(commands, await files.read()) };
  } finally {
    await files.remove();
  }
}

/** The runner reads the files after the step, so they win over commands. */
function withFiles(commands: ReturnType<CommandManager['endStep']>, written: WrittenFiles) {
  const errors = [...written.failures, ...written.problems];
  return {
    outputs: { ...commands.outputs, ...written.outputs },
    state: { ...commands.state, ...written.state },
    environment: written.environment,
    path: written.path,
    summary: written.summary,
    failures: [...commands.failures, ...written.failures],
    annotations: [...commands.annotations, ...errors.map((message): Annotation => ({ type: 'error', message }))],
  };
}

/** Inputs with their defaults, as the environment variables that a runner sets. */
function inputVariables({ defaults }: ActionDefinition, inputs: Environment): Record<string, string> {
  const unknown = Object.keys(inputs).find((name) => !(name in defaults));
  if (unknown !== undefined) throw new Error(`action.yml has no input ${unknown}.`);
  const values = Object.entries({ ...defaults, ...inputs });
  return Object.fromEntries(values.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));
}
