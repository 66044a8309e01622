import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CertificateAuthority } from '../../emulator/server/exchange.ts';
import { certificateKubeconfig } from '../../emulator/worlds/clients.ts';
import type { Programs } from '../machine/programs.ts';
import { entraAuthentication } from './entra-authentication.ts';
import { type Process, startProcess } from './process.ts';

/** The API server's address: that of the Service `kubernetes`. */
export const API_SERVER = { host: '10.0.0.1', port: 443 } as const;
const SERVICES = '10.0.0.0/16';
const PODS = '10.244.0.1/16';
const ETCD = 'http://127.0.0.1:2379';

export interface ControlPlaneOptions {
  readonly programs: Programs;
  /** For the files of this run. */
  readonly folder: string;
  readonly authority: CertificateAuthority;
  /** The domain of the API server's AKS host name; the name in it is new for each created cluster. */
  readonly domain: string;
  readonly tenantId: string;
  /** Environment variables of a process that reaches Entra through the emulator's proxy. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
  /** Whether the API server is ready. */
  readonly isReady: () => Promise<boolean>;
}

/** Starts a Kubernetes control plane, with one node whose pods kwok simulates. @returns the function that stops it */
export async function startControlPlane(options: ControlPlaneOptions): Promise<() => Promise<void>> {
  const { programs, folder, proxyEnvironment } = options;
  const file = (name: string, content: string) => write(join(folder, name), content);
  const log = (name: string) => join(folder, 'logs', `${name}.log`);
  await mkdir(join(folder, 'logs'), { recursive: true });
  const { authority } = options;
  const server = `https://${API_SERVER.host}`;
  const admin = await certificateKubeconfig(server, authority, 'control-plane', ['system:masters']);
  const kubeconfig = await file('control-plane.kubeconfig', admin);
  const accounts = serviceAccountKeys();
  const keys = {
    authority: await file('ca.pem', authority.certificate),
    accounts: await file('service-accounts.key', accounts.privateKey),
    accountsPublic: await file('service-accounts.pub', accounts.publicKey),
  };
  const processes: Process[] = [];
  const start = (name: string, command: readonly string[], environment = {}) =>
    processes.push(startProcess(command, log(name), environment));
  start('etcd', etcd(programs.etcd, folder));
  start('kube-apiserver', await apiServer(options, keys, file), proxyEnvironment);
  await waitUntilReady(options.isReady, processes, join(folder, 'logs'));
  const manager = [`--service-account-private-key-file=${keys.accounts}`, `--root-ca-file=${keys.authority}`];
  const common = [`--kubeconfig=${kubeconfig}`, '--leader-elect=false', '--secure-port=0'];
  start('kube-controller-manager', [programs.controllerManager, ...common, ...manager]);
  start('kube-scheduler', [programs.scheduler, ...common]);
  start('kwok', await kwok(programs, kubeconfig, file));
  return async () => {
    for (const process of processes.reverse()) await process.stop();
  };
}

function etcd(program: string, folder: string): readonly string[] {
  const peers = 'http://127.0.0.1:2380';
  return [
    program,
    `--data-dir=${join(folder, 'etcd')}`,
    `--listen-client-urls=${ETCD}`,
    `--advertise-client-urls=${ETCD}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
  ];
}

async function apiServer(
  { programs, authority, domain, tenantId, proxyEnvironment }: ControlPlaneOptions,
  keys: { readonly authority: string; readonly accounts: string; readonly accountsPublic: string },
  file: (name: string, content: string) => Promise<string>,
): Promise<readonly string[]> {
  const certificate = async (host: string) => {
    const pair = await authority.issueServer(host);
    return [await file(`${host}.crt`, pair.certificate), await file(`${host}.key`, pair.privateKey)] as const;
  };
  const [own, named] = await Promise.all([certificate(API_SERVER.host), certificate(`*.${domain}`)]);
  const emulatorAuthority = await readFile(proxyEnvironment['SSL_CERT_FILE'] ?? '', 'utf8');
  const authentication = await file('authentication.yaml', entraAuthentication(tenantId, emulatorAuthority));
  return [
    programs.apiServer,
    `--etcd-servers=${ETCD}`,
    `--bind-address=${API_SERVER.host}`,
    `--advertise-address=${API_SERVER.host}`,
    `--secure-port=${API_SERVER.port}`,
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${SERVICES}`,
    `--tls-cert-file=${own[0]}`,
    `--tls-private-key-file=${own[1]}`,
    `--tls-sni-cert-key=${named.join(',')}`,
    `--client-ca-file=${keys.authority}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${keys.accountsPublic}`,
    `--service-account-signing-key-file=${keys.accounts}`,
    '--authorization-mode=Node,RBAC',
    `--authentication-config=${authentication}`,
    '--allow-privileged',
  ];
}

async function kwok(
  { kwok: program, nodeStages }: Programs,
  kubeconfig: string,
  file: (name: string, content: string) => Promise<string>,
): Promise<readonly string[]> {
  const stages = [...nodeStages, join(import.meta.dirname, 'pod-stages.yaml')];
  const documents = await Promise.all(stages.map((path) => readFile(path, 'utf8')));
  const config = await file('stages.yaml', documents.join('\n---\n'));
  return [
    program,
    `--kubeconfig=${kubeconfig}`,
    `--config=${config}`,
    '--manage-all-nodes',
    `--cidr=${PODS}`,
    '--node-ip=127.0.0.1',
    '--node-lease-duration-seconds=40',
  ];
}

async function waitUntilReady(
  isReady: () => Promise<boolean>,
  processes: readonly Process[],
  logs: string,
): Promise<void> {
  const until = Date.now() + 60_000;
  while (!(await isReady())) {
    if (Date.now() > until || processes.some(({ exited }) => exited))
      throw new Error(`The control plane did not become ready; see ${logs}.`);
    await sleep(200);
  }
}

function serviceAccountKeys() {
  return generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
}

async function write(path: string, content: string): Promise<string> {
  await writeFile(path, content, { mode: 0o600 });
  return path;
}
