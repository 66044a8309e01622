import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEntries, parsePath, SUMMARY_LIMIT } from './environment-files.ts';

const FILES = {
  output: 'GITHUB_OUTPUT',
  state: 'GITHUB_STATE',
  environment: 'GITHUB_ENV',
  path: 'GITHUB_PATH',
  summary: 'GITHUB_STEP_SUMMARY',
} as const;

/** The files of one step that the runner reads after it. */
export interface StepFiles {
  /** Their paths, by the names of their variables. */
  readonly variables: Readonly<Record<string, string>>;
  read(): Promise<WrittenFiles>;
  remove(): Promise<void>;
}

export interface WrittenFiles {
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** What later steps would get into their environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** Empty if the runner does not upload it. */
  readonly summary: string;
  /** Why the runner fails the step. */
  readonly failures: readonly string[];
  /** Error annotations that do not fail the step. */
  readonly problems: readonly string[];
}

export async function createStepFiles(): Promise<StepFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'step-'));
  const pathOf = (name: string) => join(folder, name);
  await Promise.all(Object.keys(FILES).map((name) => writeFile(pathOf(name), '')));
  return {
    variables: Object.fromEntries(Object.entries(FILES).map(([name, variable]) => [variable, pathOf(name)])),
    read: () => readFiles((name) => readFile(pathOf(name), 'utf8')),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readFiles(read: (name: keyof typeof FILES) => Promise<string>): Promise<WrittenFiles> {
  const parse = async (name: 'output' | 'state' | 'environment') => {
    const { entries, error } = parseEntries(await read(name));
    const command = name === 'environment' ? 'env' : name;
    const failures = error === undefined ? [] : [`Unable to process file command '${command}' successfully. ${error}`];
    return { entries, failures };
  };
  const [output, state, environment] = await Promise.all([parse('output'), parse('state'), parse('environment')]);
  const summary = await read('summary');
  const tooLong = Buffer.byteLength(summary) > SUMMARY_LIMIT;
  const refused = Object.keys(environment.entries).filter((name) => name.toUpperCase() === 'NODE_OPTIONS');
  const accepted = Object.entries(environment.entries).filter(([name]) => !refused.includes(name));
  return {
    outputs: output.entries,
    state: state.entries,
    environment: Object.fromEntries(accepted),
    path: parsePath(await read('path')),
    summary: tooLong ? '' : summary,
    failures: [...output.failures, ...state.failures, ...environment.failures],
    problems: [
      ...(tooLong ? ['$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k'] : []),
      ...refused.map(() => "Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."),
    ],
  };
}
