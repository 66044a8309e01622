import type { TokenCredential } from '@azure/core-auth';
import { type Cluster, observeCluster } from '../azure/cluster.ts';
import type { ClusterClient } from '../azure/cluster-client.ts';
import type { ClusterHelm, Helm } from '../helm/cli.ts';
import type { Silence } from '../http/retry.ts';
import type { Transport } from '../http/transport.ts';
import { type ApiServer, createKubernetes, type Kubernetes } from '../kubernetes/client.ts';
import { KubernetesRefusal, toKubernetesActionError } from '../kubernetes/refusal.ts';
import { type Duration, milliseconds } from '../lib/duration.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { Redact } from '../lib/masking.ts';
import { once } from '../lib/once.ts';
import { prefetch } from '../lib/prefetch.ts';
import type { ReleaseName } from '../lib/release-name.ts';
import { createKubernetesByCommand } from './command/client.ts';
import { createHelmByCommand } from './command/helm.ts';
import { createQueue } from './command/queue.ts';
import { createRunCommand } from './command/run-command.ts';
import { accessDenied, administratorInstead, type CredentialContext, readUserCredential } from './credentials.ts';
import { helmWithKubeconfig } from './helm.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** A connection to a cluster. */
export interface Connection {
  /** The cluster in Azure; read on first use, unless it was read before. */
  cluster(): Promise<Cluster>;
  readonly kubernetes: Kubernetes;
  /** How requests reach the API server: at its address, or through AKS run-command. */
  readonly transport: 'direct' | 'command';
  /** The identity that the API server sees. */
  readonly user: 'deploying identity' | 'local administrator';
  /** Helm, connected to the cluster. */
  helm(): Promise<ClusterHelm>;
}

/** What `connect` needs. */
export interface ConnectContext extends CredentialContext {
  readonly credential: TokenCredential;
  readonly transport: Transport;
  readonly inputs: CredentialContext['inputs'] & {
    readonly clusterAccess: 'auto' | 'direct' | 'command';
    readonly waitTimeout: Duration;
  };
  /** The runner's helm. */
  readonly helm: () => Promise<Helm>;
  /** The run's temporary folder. */
  readonly folder: string;
  readonly redact: Redact;
}

type Work<T> = (connection: Connection) => Promise<T>;

/**
 * Runs `work` in the cluster as the deploying identity. If the API server refuses it and the cluster has local
 * accounts, runs `work` again as the local administrator, if Azure returns that credential.
 * @param known the cluster, if it has been read; otherwise it is read only if needed
 * @param userCredential the user credential, if its request has been started
 * @throws ActionError cluster-access-denied, cluster-private, cluster-unreachable
 */
export async function connect<T>(
  context: ConnectContext,
  known: Cluster | undefined,
  work: Work<T>,
  userCredential?: Promise<Kubeconfig>,
): Promise<T> {
  const cluster = once(async () => known ?? observeCluster(context.cluster));
  const { clusterAccess } = context.inputs;
  if (clusterAccess === 'command') return byCommand(context, cluster, work);
  const user = prefetch(userCredential ?? readUserCredential(context.cluster, context.mask));
  if (clusterAccess === 'auto' && (await isPrivate(known, cluster, user))) return byCommand(context, cluster, work);
  return directly(context, { known, cluster }, await user, work);
}

/** From the cluster if it is known, otherwise from the API server's name in the credential, which saves a request. */
async function isPrivate(
  known: Cluster | undefined,
  cluster: () => Promise<Cluster>,
  user: Promise<Kubeconfig>,
): Promise<boolean> {
  if (known) return known.isPrivate;
  const credential = await user.catch(() => undefined);
  return credential ? /\.private(link)?\./.test(credential.server) : (await cluster()).isPrivate;
}

async function byCommand<T>(context: ConnectContext, cluster: () => Promise<Cluster>, work: Work<T>): Promise<T> {
  const { cluster: client, credential, log } = context;
  const timeoutMs = milliseconds(context.inputs.waitTimeout);
  log.info(`Using AKS run-command on cluster ${client.name}; each command takes several seconds`);
  const enqueue = createQueue(createRunCommand(client, await cluster(), credential, { timeoutMs, log }));
  const connection: Connection = {
    cluster,
    kubernetes: createKubernetesByCommand(enqueue, context.redact),
    transport: 'command',
    user: 'deploying identity',
    helm: async () => createHelmByCommand(enqueue),
  };
  try {
    return await work(connection);
  } catch (refusal) {
    throw isRefusedAccess(refusal) ? accessDenied(client, refusal, undefined) : refusal;
  }
}

/** Until the API server's first answer. */
const USUAL: Silence = { attemptMs: 10_000, totalMs: 15_000 };

/** The runner's address may not be among those that the API server admits: it then never answers. */
const UNLIKELY: Silence = { attemptMs: 6_000, totalMs: 0 };

async function directly<T>(
  context: ConnectContext,
  { known, cluster }: { readonly known: Cluster | undefined; readonly cluster: () => Promise<Cluster> },
  user: Kubeconfig,
  work: Work<T>,
): Promise<T> {
  const ranges = known?.authorizedRanges ?? [];
  if (ranges.length > 0) context.log.info(`The API server admits these networks only: ${ranges.join(', ')}`);
  const silence = ranges.length > 0 ? UNLIKELY : USUAL;
  try {
    return await work(connectionTo(context, cluster, { ...user, silence }));
  } catch (refusal) {
    if (isUnreachable(refusal)) {
      const found = await cluster();
      // A private cluster can have a public DNS name, whose address this runner cannot reach.
      const keepsOut = found.isPrivate || found.authorizedRanges.length > 0;
      if (!keepsOut) throw refusal;
      if (context.inputs.clusterAccess === 'auto') return byCommand(context, cluster, work);
      throw keptOut(refusal, found);
    }
    if (!isRefusedAccess(refusal)) throw refusal;
    const admin = await administratorInstead(context, user, cluster, refusal);
    return work(connectionTo(context, cluster, { ...admin, silence }));
  }
}

function connectionTo(
  context: ConnectContext,
  cluster: () => Promise<Cluster>,
  kubeconfig: Kubeconfig & { readonly silence: Silence },
): Connection {
  const server = apiServer(context, kubeconfig);
  return {
    cluster,
    kubernetes: createKubernetes(server, context.transport),
    transport: 'direct',
    user: server.user.kind === 'token' ? 'deploying identity' : 'local administrator',
    helm: once(async () => helmWithKubeconfig(await context.helm(), server, context)),
  };
}

/** The API server does not know the caller, or does not let it do this. */
function isRefusedAccess(error: unknown): error is KubernetesRefusal {
  return error instanceof KubernetesRefusal && (error.status === 401 || error.meaning === 'permission');
}

/** Turns a later refusal of the API server into an ActionError; returns other errors unchanged. */
export function toRefusalActionError(context: RefusalContext, error: unknown): unknown {
  return error instanceof KubernetesRefusal ? explainRefusal(context, error) : error;
}

export function explainRefusal({ cluster, release }: RefusalContext, refusal: KubernetesRefusal): ActionError {
  return isRefusedAccess(refusal)
    ? accessDenied(cluster, refusal, undefined)
    : toKubernetesActionError(refusal, cluster.name, release.namespace);
}

/** What an error message names. */
interface RefusalContext {
  readonly cluster: ClusterClient;
  readonly release: ReleaseName;
}

function apiServer(
  { cluster, credential }: ConnectContext,
  kubeconfig: Kubeconfig & { readonly silence: Silence },
): ApiServer {
  const { server, certificateAuthority, clientCertificate, silence } = kubeconfig;
  const user: ApiServer['user'] = clientCertificate
    ? { kind: 'certificate', ...clientCertificate }
    : { kind: 'token', credential, scope: cluster.cloud.scope('kubernetes') };
  return { server, certificateAuthority, silence, user };
}

function isUnreachable(error: unknown): error is ActionError {
  return error instanceof ActionError && error.failure.id === 'cluster-unreachable';
}

/** The error for a cluster whose network does not let this runner in. */
function keptOut(error: ActionError, cluster: Cluster): ActionError {
  const { why } = error.failure;
  if (!cluster.isPrivate) {
    const because = `${why}. The API server admits only its authorized IP ranges: ${cluster.authorizedRanges.join(', ')}`;
    return new ActionError({ ...error.failure, why: because }, { cause: error });
  }
  return new ActionError(
    {
      id: 'cluster-private',
      what: `Cluster ${cluster.name} is private, and this runner cannot reach it`,
      why,
      fix: fix`set cluster-access to auto, or run the job on a self-hosted runner in the cluster's network or one peered with it.`,
    },
    { cause: error },
  );
}
