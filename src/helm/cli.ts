import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { type Duration, milliseconds } from '../inputs/duration.ts';
import { runProgram } from './program.ts';

/** The helm binary, run with a clean environment: none of the job's tokens or inputs reaches it. */
export interface Helm {
  readonly version: string;
  run(args: readonly string[]): Promise<HelmOutput>;
  /** PEM file to trust besides the system's certificates, where the job has one. */
  readonly caFile: string | undefined;
}

export interface HelmOutput {
  readonly ok: boolean;
  readonly stdout: string;
  /** Helm's own words on a failure, without its warnings. */
  readonly problem: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What helm may see: where programs and its own settings are, and how to reach the network. */
const PASSED_ON =
  /^(PATH|PATHEXT|HOME|USERPROFILE|APPDATA|LOCALAPPDATA|SYSTEMROOT|SYSTEMDRIVE|COMSPEC|TMPDIR|TEMP|TMP|XDG_.*|DOCKER_CONFIG|HELM_REGISTRY_CONFIG|HELM_CONFIG_HOME|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|SSL_CERT_FILE|SSL_CERT_DIR)$/i;

/**
 * @param folder the run's own temporary folder, for helm's cache and certificates
 * @param timeout of one command: helm itself waits for an answer without an end
 */
export async function createHelm(
  path: string,
  version: string,
  environment: Environment,
  folder: string,
  timeout: Duration,
): Promise<Helm> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  );
  const env = {
    ...Object.fromEntries(passed),
    HELM_CACHE_HOME: join(folder, 'helm-cache'),
    HELM_DATA_HOME: join(folder, 'helm-data'),
  };
  return {
    version,
    caFile: await writeCertificates(environment, folder),
    async run(args) {
      const { exitCode, stdout, stderr, timedOut } = await runProgram(path, args, env, milliseconds(timeout));
      const late = timedOut ? [`helm ${args[0]} did not end within ${timeout.seconds} seconds`] : [];
      return { ok: exitCode === 0, stdout, problem: [...late, problemIn(stderr)].join('\n').trim() };
    },
  };
}

/** Go does not read NODE_EXTRA_CA_CERTS, and helm's --ca-file replaces what it trusts: so it gets both. */
async function writeCertificates(environment: Environment, folder: string): Promise<string | undefined> {
  const extra = environment['NODE_EXTRA_CA_CERTS'];
  if (!extra) return undefined;
  const file = join(folder, 'certificates.pem');
  await writeFile(file, [...rootCertificates, await readFile(extra, 'utf8')].join('\n'), { mode: 0o600 });
  return file;
}

export function problemIn(stderr: string): string {
  const lines = stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^(WARNING|level=WARN|I\d{4} |W\d{4} )/.test(line));
  return lines.join('\n').replace(/^Error: /, '');
}
