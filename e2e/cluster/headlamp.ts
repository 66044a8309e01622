import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from '../../emulator/lib/json.ts';
import type { Api } from './api.ts';
import { API_SERVER } from './control-plane.ts';
import type { Container } from './pods.ts';
import { type Process, startProcess } from './process.ts';

const STAND_IN = join(import.meta.dirname, 'stand-in.ts');
/** The path of the service account in a pod. */
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface HeadlampOptions {
  readonly folder: string;
  readonly api: Api;
  /** PEM of the authority of the API server's certificate. */
  readonly clusterAuthority: string;
  /** Environment variables of a process that reaches Entra through the emulator's proxy. */
  readonly proxyEnvironment: Readonly<Record<string, string>>;
}

/**
 * Starts Headlamp's server as the pod's container: HEADLAMP_SERVER or the stand-in, with the pod's arguments and
 * environment. Pods share the machine's ports, so the server listens only on the pod's address.
 */
export async function startHeadlamp(container: Container, options: HeadlampOptions): Promise<Process> {
  const { folder, proxyEnvironment } = options;
  const account = await serviceAccount(container, options);
  const server = process.env['HEADLAMP_SERVER'];
  const program = server ? [server] : [process.execPath, STAND_IN];
  const listen = `-listen-addr=${container.address}`;
  return startProcess(
    // In its own mount namespace, so that the service account has the same path as in a pod.
    ['unshare', '--mount', 'sh', '-c', MOUNT_AND_RUN, 'sh', account, ...program, ...container.args, listen],
    join(folder, 'logs', `${container.pod}.log`),
    {
      ...proxyEnvironment,
      ...container.environment,
      HOME: folder,
      KUBERNETES_SERVICE_HOST: API_SERVER.host,
      KUBERNETES_SERVICE_PORT: String(API_SERVER.port),
    },
  );
}

const MOUNT_AND_RUN = `account=$1; shift; mount -t tmpfs tmpfs /run && mkdir -p ${ACCOUNT} && cp "$account"/* ${ACCOUNT} && exec "$@"`;

/** @returns a folder with the files of the service account */
async function serviceAccount(
  { pod, namespace, serviceAccount: name }: Container,
  { folder, api, clusterAuthority }: HeadlampOptions,
): Promise<string> {
  const account = join(folder, 'accounts', pod);
  await mkdir(account, { recursive: true });
  const made = await api.post(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: {},
  });
  const files = { token: text(made.body, 'status', 'token') ?? '', 'ca.crt': clusterAuthority, namespace };
  for (const [file, content] of Object.entries(files)) await writeFile(join(account, file), content, { mode: 0o600 });
  return account;
}
