import type { TokenCredential } from '@azure/core-auth';
import type { Cluster, ClusterClient } from '../azure/cluster.ts';
import type { Transport } from '../http/transport.ts';
import { type ApiServer, createKubernetes, type Kubernetes, KubernetesRefusal } from '../kubernetes/client.ts';
import { ActionError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { createKubernetesByCommand } from './command/client.ts';
import { createRunCommand } from './command/run-command.ts';
import { accessDenied, readAdminCredential, readUserCredential } from './credentials.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** A cluster, and the way into it. */
export interface Entered {
  readonly cluster: Cluster;
  readonly kubernetes: Kubernetes;
}

/** What getting into the API server takes. */
export interface Door {
  readonly client: ClusterClient;
  readonly credential: TokenCredential;
  readonly transport: Transport;
  readonly access: 'auto' | 'direct' | 'command';
  readonly log: Log;
  readonly mask: (secret: string) => void;
}

/**
 * Works in the cluster as the deploying identity. Where the API server does not let it in and the cluster has local
 * accounts, works as the local administrator instead, if Azure hands out that credential.
 * @param cluster where it has not been looked at yet, it is only where the way in is closed
 * @param reading the user credential, where it is being read already
 * @throws ActionError cluster-access-denied, cluster-private, cluster-unreachable
 */
export async function inCluster<T>(
  door: Door,
  cluster: Cluster | (() => Promise<Cluster>),
  work: (kubernetes: Kubernetes) => Promise<T>,
  reading?: Promise<Kubeconfig>,
): Promise<T> {
  const look = typeof cluster === 'function' ? cluster : async () => cluster;
  if (door.access === 'command') return throughCommands(door, await look(), work);
  const user = reading ?? readUserCredential(door.client, door.mask);
  // Where the cluster turns out to be private, nobody needs it.
  user.catch(() => undefined);
  if (door.access === 'auto' && (await isPrivate(cluster, user))) return throughCommands(door, await look(), work);
  return throughNetwork(door, await user, look, work);
}

/** By the cluster, where it is known; else by the API server's name in the credential, which takes no request more. */
async function isPrivate(cluster: Cluster | (() => Promise<Cluster>), user: Promise<Kubeconfig>): Promise<boolean> {
  if (typeof cluster !== 'function') return cluster.isPrivate;
  const credential = await user.catch(() => undefined);
  return credential ? /\.private(link)?\./.test(credential.server) : (await cluster()).isPrivate;
}

async function throughCommands<T>(
  door: Door,
  cluster: Cluster,
  work: (kubernetes: Kubernetes) => Promise<T>,
): Promise<T> {
  door.log.info(`Working in cluster ${cluster.name} by commands that AKS runs there, each of which takes seconds`);
  try {
    return await work(createKubernetesByCommand(createRunCommand(door.client, cluster, door.credential)));
  } catch (refusal) {
    throw isRefusedAccess(refusal) ? accessDenied(door.client, refusal, undefined) : refusal;
  }
}

async function throughNetwork<T>(
  door: Door,
  user: Kubeconfig,
  cluster: () => Promise<Cluster>,
  work: (kubernetes: Kubernetes) => Promise<T>,
): Promise<T> {
  try {
    return await work(createKubernetes(asIdentity(door, user), door.transport));
  } catch (refusal) {
    if (!isRefusedAccess(refusal)) {
      const found = await cluster();
      // A private cluster can have a public name, which leads nowhere from here.
      if (door.access === 'auto' && found.isPrivate && isUnreachable(refusal))
        return throughCommands(door, found, work);
      throw toUnreachableActionError(refusal, found);
    }
    if (user.clientCertificate || (await cluster()).localAccountsDisabled)
      throw accessDenied(door.client, refusal, undefined);
    const admin = await readAdminCredential(door.client, door.mask).catch((error: unknown) => {
      throw accessDenied(door.client, refusal, error);
    });
    door.log.info(
      "The API server does not let the deploying identity in by itself; going on as the cluster's local administrator",
    );
    return work(createKubernetes(asIdentity(door, admin), door.transport));
  }
}

function isRefusedAccess(error: unknown): error is KubernetesRefusal {
  return error instanceof KubernetesRefusal && (error.status === 401 || error.status === 403);
}

/** What the API server refuses later on, in the form all errors of this action have; other errors as they are. */
export function toRefusalActionError(client: ClusterClient, error: unknown): unknown {
  if (isRefusedAccess(error)) return accessDenied(client, error, undefined);
  if (!(error instanceof KubernetesRefusal)) return error;
  return new ActionError(
    {
      id: 'request-failed',
      what: `The API server of cluster ${client.name} refused a request`,
      why: error.message,
      fix: 'run the job again; it goes on where it stopped.',
    },
    { cause: error },
  );
}

function asIdentity({ client, credential }: Door, kubeconfig: Kubeconfig): ApiServer {
  const { server, certificateAuthority, clientCertificate } = kubeconfig;
  const user: ApiServer['user'] = clientCertificate
    ? { kind: 'certificate', ...clientCertificate }
    : { kind: 'token', credential, scope: client.cloud.scope('kubernetes') };
  return { server, certificateAuthority, user };
}

function isUnreachable(error: unknown): error is ActionError {
  return error instanceof ActionError && error.failure.id === 'cluster-unreachable';
}

function toUnreachableActionError(error: unknown, cluster: Cluster): unknown {
  if (!cluster.isPrivate || !isUnreachable(error)) return error;
  return new ActionError(
    {
      id: 'cluster-private',
      what: `Cluster ${cluster.name} is private, and this runner is not in a network that reaches it`,
      why: error.failure.why,
      fix: "set cluster-access to auto, or run the job on a self-hosted runner in the cluster's network or one peered with it.",
    },
    { cause: error },
  );
}
