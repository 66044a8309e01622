import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dump } from 'js-yaml';
import { realTools, type Tools } from '../helm/tools.ts';
import { systemEnvironment } from '../lib/system-environment.ts';
import type { CertificateAuthority } from '../server/exchange.ts';
import type { World } from './standard.ts';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The real helm and kubectl, as a user of the world's cluster. */
export interface Clients {
  run(program: keyof Tools, ...args: readonly string[]): Promise<ProgramResult>;
  /** Writes a file for the programs. @returns its path */
  file(name: string, content: string): Promise<string>;
  remove(): Promise<void>;
}

/** Longer than any command takes; a client that hangs is a bug of the emulator. */
const TIMEOUT_MS = 60_000;

/** @param groups system:masters has all permissions */
export async function createClients(
  world: World,
  user = 'administrator',
  groups: readonly string[] = ['system:masters'],
): Promise<Clients> {
  const folder = await mkdtemp(join(tmpdir(), 'clients-'));
  const file = async (name: string, content: string) => {
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const kubeconfig = await file(
    'kubeconfig',
    await certificateKubeconfig(
      `https://${world.record.kubernetes.fqdn}`,
      world.record.kubernetes.authority,
      user,
      groups,
    ),
  );
  const tools = await realTools();
  const env = { ...systemEnvironment([], folder), KUBECONFIG: kubeconfig, ...world.emulator.environment() };
  return {
    file,
    remove: () => rm(folder, { recursive: true, force: true }),
    run: (program, ...args) =>
      new Promise((resolve) => {
        execFile(tools[program], args, { env, timeout: TIMEOUT_MS }, (error, stdout, stderr) => {
          const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
          resolve({ exitCode, stdout, stderr });
        });
      }),
  };
}

/** A kubeconfig with a client certificate of the cluster's authority. */
export async function certificateKubeconfig(
  server: string,
  authority: CertificateAuthority,
  user: string,
  groups: readonly string[],
): Promise<string> {
  const { certificate, privateKey } = await authority.issueClient(user, groups);
  const base64 = (pem: string) => Buffer.from(pem).toString('base64');
  return dump({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'emulator',
    clusters: [
      {
        name: 'emulator',
        cluster: { server, 'certificate-authority-data': base64(authority.certificate) },
      },
    ],
    contexts: [{ name: 'emulator', context: { cluster: 'emulator', user } }],
    users: [
      { name: user, user: { 'client-certificate-data': base64(certificate), 'client-key-data': base64(privateKey) } },
    ],
  });
}
