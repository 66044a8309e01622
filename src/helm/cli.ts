import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootCertificates } from 'node:tls';
import { type Duration, milliseconds } from '../lib/duration.ts';
import { parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { HelmBinary } from './binary.ts';
import { cleanEnvironment, type Environment, runProgram } from './program.ts';

/** The helm binary, run with a clean environment: none of the job's tokens or inputs reaches it. */
export interface Helm {
  readonly version: string;
  /** Runs a command and retries transient failures, except those of `upgrade`: the release must be checked first. */
  run(args: readonly string[]): Promise<HelmOutput>;
  /** PEM file of the CA certificates to trust, if the job adds any. */
  readonly caFile: string | undefined;
}

export interface HelmOutput {
  readonly ok: boolean;
  readonly stdout: string;
  /** Helm's error output, without warnings and what its Kubernetes client logs. */
  readonly problem: string;
}

/** Helm, connected to the cluster. A file among the arguments is named by its path on the runner. */
export interface ClusterHelm {
  run(args: readonly (string | { readonly file: string })[]): Promise<HelmOutput>;
}

const PAUSE_MS = 2_000;

/** Of more, people see nothing, and patterns would take too long to look through it. */
const LONGEST_PROBLEM = 64 * 1024;

/** How often a command with transient failures is tried. */
export const HELM_ATTEMPTS = 3;

/**
 * Messages of Helm and of its Kubernetes client, which retry little themselves. If they cannot read the API's schema,
 * they report a failed download, whatever the cause.
 */
const TRANSIENT =
  /unable to handle the request|error on the server|too many requests|: 5\d\d |connection re(set|fused)|unexpected EOF|TLS handshake timeout|i\/o timeout|failed to download openapi/i;

/** Whether a retry may help. */
export function isTransient(problem: string): boolean {
  return TRANSIENT.test(problem);
}

/**
 * The proxy for plain HTTP. Helm follows a repository's redirects and links to it, where anybody on the way could give
 * it another chart.
 */
const NOWHERE = 'http://127.0.0.1:0';
const REFUSED_BY_NOWHERE = /proxyconnect tcp: dial tcp 127\.0\.0\.1:0: .*/g;

export interface HelmOptions {
  readonly environment: Environment;
  /** The run's own temporary folder, for helm's cache and certificates. */
  readonly folder: string;
  /** For one command: helm itself waits for a response without limit. */
  readonly timeout: Duration;
  readonly log: Log;
}

export async function createHelm({ path, version }: HelmBinary, options: HelmOptions): Promise<Helm> {
  const { environment, folder, timeout, log } = options;
  const env = { ...cleanEnvironment(environment, folder), http_proxy: NOWHERE, HTTP_PROXY: NOWHERE };
  const give = async (args: readonly string[]): Promise<HelmOutput> => {
    const { exitCode, stdout, stderr, timedOut } = await runProgram(path, args, env, milliseconds(timeout));
    const late = timedOut ? [`helm ${args[0]} did not finish within ${timeout.seconds} seconds`] : [];
    return { ok: exitCode === 0, stdout, problem: [...late, problemIn(stderr)].join('\n').trim() };
  };
  return {
    version,
    caFile: await writeCertificates(environment, folder),
    async run(args) {
      for (let attempt = 1; ; attempt += 1) {
        const output = await give(args);
        if (output.ok || !isTransient(output.problem) || args[0] === 'upgrade' || attempt === HELM_ATTEMPTS)
          return output;
        await pauseBefore(`helm ${args[0]}`, output.problem, attempt, log);
      }
    },
  };
}

/** Waits before a retry, longer each time. */
export async function pauseBefore(command: string, problem: string, attempt: number, log: Log): Promise<void> {
  log.info(`${command} failed (${problem.split('\n')[0]}); trying again`);
  await sleep(attempt * PAUSE_MS);
}

/** Go ignores NODE_EXTRA_CA_CERTS, and helm's --ca-file replaces the default certificates: so the file has both. */
async function writeCertificates(environment: Environment, folder: string): Promise<string | undefined> {
  const extra = environment['NODE_EXTRA_CA_CERTS'];
  if (!extra) return undefined;
  const file = join(folder, 'certificates.pem');
  await writeFile(file, [...rootCertificates, await readFile(extra, 'utf8')].join('\n'), { mode: 0o600 });
  return file;
}

/** An entry of the debug log of Helm 4, or of Helm 3, which also logs where in its code an error was. */
const DEBUG = /^(?:level=DEBUG |\S+\.go:\d+: \[debug\] ).*(?:\n(?!Error: |level=|\S+\.go:\d+: ).*)*\n?/gm;

const NOT_DELETED = /uninstall: Failed to delete release(?:" error=(".*")|: (.*))$/m;

export function problemIn(stderr: string): string {
  const [, quoted, plain] = NOT_DELETED.exec(stderr) ?? [];
  const cause = quoted === undefined ? plain : String(parseJson(quoted) ?? quoted);
  const problem = withoutLogs(stderr.replace(DEBUG, ''));
  return (cause === undefined ? problem : `${problem}: ${cause}`).slice(0, LONGEST_PROBLEM);
}

function withoutLogs(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(WARNING|level=WARN|[IWE]\d{4} )/.test(line));
  return lines
    .join('\n')
    .replace(/^Error: /, '')
    .replace(REFUSED_BY_NOWHERE, 'plain HTTP is refused: anybody on the way could change the chart');
}
