import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Emulator } from '../../emulator/emulator.ts';
import { realTools } from '../../emulator/helm/tools.ts';
import { isObject, type Json, parseJson, text } from '../../emulator/lib/json.ts';
import type { ProgramResult } from '../../emulator/worlds/clients.ts';
import { azPrograms } from './install.ts';

/** A shell with the real az and helm, connected to the emulator, with its own home folder. */
export interface Shell {
  readonly home: string;
  /** The environment variables of its programs. */
  readonly environment: Readonly<Record<string, string>>;
  run(program: string, args: readonly string[], environment?: Readonly<Record<string, string>>): Promise<ProgramResult>;
  /** Runs az and parses its output. @throws Error with az's message if it fails */
  az(...args: readonly string[]): Promise<Json>;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 10 * 60_000;

export async function createShell(emulator: Emulator): Promise<Shell> {
  const [home, az, tools] = await Promise.all([mkdtemp(join(tmpdir(), 'shell-')), azPrograms(), realTools()]);
  const environment = {
    PATH: [az, dirname(tools.helm), '/usr/bin', '/bin'].join(delimiter),
    HOME: home,
    AZURE_CONFIG_DIR: join(home, 'azure'),
    AZURE_CORE_COLLECT_TELEMETRY: 'no',
    AZURE_CORE_NO_COLOR: 'yes',
    AZURE_CORE_SURVEY_MESSAGE: 'no',
    AZURE_CORE_LOGIN_EXPERIENCE_V2: 'off',
    HTTPS_PROXY: emulator.proxyUrl,
    REQUESTS_CA_BUNDLE: emulator.certificateFile,
    SSL_CERT_FILE: emulator.certificateFile,
    KUBECONFIG: join(home, 'kubeconfig'),
    ...emulator.environment(),
  };
  await mkdir(environment.AZURE_CONFIG_DIR);
  await disableVersionCheck(environment.AZURE_CONFIG_DIR);
  const run: Shell['run'] = (program, args, more = {}) =>
    new Promise((resolve) => {
      const options = { env: { ...environment, ...more }, cwd: home, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 };
      execFile(program, args, options, (error, stdout, stderr) => {
        const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ exitCode, stdout, stderr });
      });
    });
  return {
    home,
    environment,
    run,
    az: async (...args) => {
      const { exitCode, stdout, stderr } = await run('az', [...args, '--output', 'json']);
      if (exitCode !== 0) throw new Error(`az ${args.slice(0, 4).join(' ')}: ${stderr}`);
      return parseJson(stdout) ?? null;
    },
    remove: () => rm(home, { recursive: true, force: true }),
  };
}

/** Stops az from checking for updates, on a host that the emulator does not have. */
async function disableVersionCheck(folder: string): Promise<void> {
  const update_time = new Date().toISOString().replace('T', ' ').replace('Z', '000');
  await writeFile(join(folder, 'versionCheck.json'), JSON.stringify({ versions: {}, update_time }));
}

/** Signs in az with the workflow's ID token, like a step of a job. */
export async function signIn(shell: Shell, emulator: Emulator, clientId: string): Promise<void> {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url = '', ACTIONS_ID_TOKEN_REQUEST_TOKEN: request = '' } =
    emulator.environment();
  const response = await emulator.dispatch(`${url}&audience=api://AzureADTokenExchange`, {
    headers: { authorization: `Bearer ${request}` },
  });
  const body = await response.json();
  const token = isObject(body) ? (text(body, 'value') ?? '') : '';
  const tenant = emulator.directory.tenant.id;
  await shell.az('login', '--service-principal', '-u', clientId, '-t', tenant, '--federated-token', token);
}
