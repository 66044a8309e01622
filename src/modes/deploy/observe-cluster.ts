import { type ClusterState, observeClusterState } from '../../azure/cluster-creation.ts';
import { type Connection, connect } from '../../connection/connect.ts';
import { readUserCredential } from '../../connection/credentials.ts';
import type { Kubeconfig } from '../../connection/kubeconfig.ts';
import type { Context } from '../../context/context.ts';
import { observeRelease, type Release } from '../../helm/release-record.ts';
import type { HttpResponse } from '../../http/transport.ts';
import { namespacesOfAccess } from '../../inputs/access.ts';
import { missingNamespaces } from '../../kubernetes/access-namespaces.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { awaitNamespaceGone, type NamespaceState, observeNamespace } from '../../kubernetes/namespace.ts';
import { type OidcSecret, observeOidcSecret } from '../../kubernetes/oidc-secret.ts';
import { observeRoleBindings, type RoleBinding } from '../../kubernetes/role-bindings.ts';
import { observeRollouts, type Rollout } from '../../kubernetes/rollout.ts';
import { milliseconds } from '../../lib/duration.ts';
import { prefetch } from '../../lib/prefetch.ts';
import { observeSignIn } from '../../verify/sign-in.ts';

/** Everything about Headlamp in the cluster. */
export interface HeadlampState {
  readonly namespace: NamespaceState;
  readonly oidcSecret: OidcSecret | undefined;
  readonly release: Release | undefined;
  readonly rollout: Rollout | undefined;
  readonly roleBindings: readonly RoleBinding[];
  /** Namespaces that `access` names and the cluster does not have. */
  readonly missingNamespaces: readonly string[];
}

/** The state in a cluster that is still to be created, or that this run does not look into. */
const NOTHING_YET: HeadlampState = {
  namespace: { kind: 'absent' },
  oidcSecret: undefined,
  release: undefined,
  rollout: undefined,
  roleBindings: [],
  missingNamespaces: [],
};

export interface ObservedCluster {
  readonly cluster: ClusterState;
  /** Undefined while there is no cluster to connect to. */
  readonly connection: Connection | undefined;
  readonly headlamp: HeadlampState;
  /** Headlamp's response to the start of a sign-in. */
  readonly signIn: HttpResponse | undefined;
}

/** Reads the cluster, connects to its API server, and reads what is in it; with delivery vault only the former. */
export async function observeClusterAndHeadlamp(context: Context): Promise<ObservedCluster> {
  if (context.inputs.delivery === 'vault')
    return { cluster: await observeManaged(context), connection: undefined, headlamp: NOTHING_YET, signIn: undefined };
  const userCredential = readAhead(context);
  const cluster = await observeManaged(context);
  if (cluster.kind !== 'present') {
    const headlamp = { ...NOTHING_YET, missingNamespaces: namespacesNeeded(context) };
    return { cluster, connection: undefined, headlamp, signIn: undefined };
  }
  const read = async (connection: Connection): Promise<ObservedCluster> => {
    const headlamp = await observeSettled(context, connection.kubernetes);
    const signIn = await observeSignIn(context, connection, headlamp.release);
    return { cluster, connection, headlamp, signIn };
  };
  return connect(context, cluster.cluster, read, userCredential);
}

/** The cluster, unless this run has nothing to do with it. */
export function observeManaged({ inputs, cluster, arm }: Context): Promise<ClusterState> {
  if (inputs.delivery === 'vault' && !inputs.manageCluster) return Promise.resolve({ kind: 'unread' });
  return observeClusterState(cluster, arm, inputs.creation.createCluster);
}

/** Starts reading the kubeconfig in parallel with the cluster, in case the connection is direct. */
function readAhead({ inputs, cluster, credential, mask }: Context): Promise<Kubeconfig> | undefined {
  if (inputs.clusterAccess === 'command') return undefined;
  prefetch(credential.getToken(cluster.cloud.scope('kubernetes')));
  return prefetch(readUserCredential(cluster, mask));
}

/** The namespaces that have to exist before anything is written; a deployment creates its own. */
export function namespacesNeeded({ inputs, release }: Pick<Context, 'inputs' | 'release'>): readonly string[] {
  return namespacesOfAccess(inputs.access).filter((name) => name !== release.namespace);
}

/** In a namespace that is being deleted, nothing can be created, and its objects are being removed. */
async function observeSettled(context: Context, kubernetes: Kubernetes): Promise<HeadlampState> {
  const { inputs, log, release } = context;
  const found = await observeHeadlamp(context, kubernetes);
  if (found.namespace.kind !== 'terminating') return found;
  await awaitNamespaceGone(kubernetes, release.namespace, { timeoutMs: milliseconds(inputs.waitTimeout), log });
  return observeHeadlamp(context, kubernetes);
}

export async function observeHeadlamp(context: Context, kubernetes: Kubernetes): Promise<HeadlampState> {
  const { release, mask } = context;
  const needed = namespacesNeeded(context);
  const [namespace, oidcSecret, record, rollouts, roleBindings, missing] = await Promise.all([
    observeNamespace(kubernetes, release.namespace),
    observeOidcSecret(kubernetes, release, mask),
    observeRelease(kubernetes, release),
    observeRollouts(kubernetes, release),
    observeRoleBindings(kubernetes, release, needed.length > 0),
    missingNamespaces(kubernetes, needed),
  ]);
  const rollout = rollouts.find((candidate) => candidate.name === record?.deployment);
  return { namespace, oidcSecret, release: record, rollout, roleBindings, missingNamespaces: missing };
}
