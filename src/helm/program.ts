import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, isAbsolute, join } from 'node:path';
import { proxyVariables } from '../http/proxy.ts';

export interface ProgramResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** How long a program may take to exit after SIGTERM: helm records the cancellation in its release. */
const GRACE_MS = 3_000;

/** In characters. More is no chart of ours, and more than memory would end the run of every cluster. */
const LARGEST_OUTPUT = 64 * 1024 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that every program gets: paths of programs, its own settings, and how to reach the network. */
const PASSED_ON =
  /^(PATH|PATHEXT|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|COMSPEC|TMPDIR|TEMP|TMP|XDG_.*|DOCKER_CONFIG|HELM_REGISTRY_CONFIG|HELM_CONFIG_HOME|ALL_PROXY|SSL_CERT_FILE|SSL_CERT_DIR)$/i;

/**
 * Keeps the job's tokens, inputs and other secrets away from programs, and keeps helm from loading plugins, which it
 * does for every command.
 * @param folder the run's own temporary folder
 */
export function cleanEnvironment(environment: Environment, folder: string): Readonly<Record<string, string>> {
  return {
    ...pick(environment, [PASSED_ON]),
    ...proxyVariables(environment),
    HELM_CACHE_HOME: join(folder, 'helm-cache'),
    HELM_DATA_HOME: join(folder, 'helm-data'),
    // A cache of the API server's answers, which could repeat what it was sent.
    KUBECACHEDIR: join(folder, 'kube-cache'),
  };
}

/** What the az CLI gets beside that: its folders, its certificates, and where a machine's identity service is. */
const OF_AZ =
  /^(AZURE_CONFIG_DIR|AZURE_EXTENSION_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|HTTPS?_PROXY|NO_PROXY|IDENTITY_ENDPOINT|IDENTITY_HEADER|IMDS_ENDPOINT|MSI_ENDPOINT)$/i;

/** The same for the az CLI, which keeps its sign-in in the home folder. */
export const azureCliEnvironment = (environment: Environment) => pick(environment, [PASSED_ON, OF_AZ]);

function pick(environment: Environment, names: readonly RegExp[]): Readonly<Record<string, string>> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && names.some((pattern) => pattern.test(entry[0])),
  );
  return Object.fromEntries(passed.map(([name, value]) => [name, /^PATH$/i.test(name) ? absoluteIn(value) : value]));
}

/** A relative or empty folder of the PATH is the workspace, where the repository could have a program of any name. */
const absoluteIn = (path: string) => foldersOf(path).join(delimiter);

export const foldersOf = (path: string | undefined): readonly string[] =>
  (path ?? '').split(delimiter).filter(isAbsolute);

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
  let isTooLarge = false;
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      if (isTooLarge) return;
      output[stream] += text;
      isTooLarge = output[stream].length > LARGEST_OUTPUT;
      if (!isTooLarge) return;
      Object.assign(output, { stdout: '', stderr: 'it printed more than 64 MB' });
      end(child);
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

/** What it started may go on and keep its output open, so that is not waited for either. */
function end(child: ChildProcess): void {
  child.kill('SIGTERM');
  setTimeout(() => {
    child.kill('SIGKILL');
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
  }, GRACE_MS).unref();
}
