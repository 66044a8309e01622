import type { Cluster } from '../../azure/cluster.ts';
import type { ClusterState } from '../../azure/cluster-creation.ts';
import {
  observeClusterRoleAssignments,
  planClusterRoleAssignments,
  type RoleAssignmentChange,
} from '../../azure/cluster-role-assignments.ts';
import { observePermissions, type Permissions } from '../../azure/permissions.ts';
import type { ResourceId } from '../../azure/resource-id.ts';
import type { VaultState } from '../../azure/vault.ts';
import { observeVaultPermissions, type VaultPermissions } from '../../azure/vault-permissions.ts';
import type { VaultSecretState } from '../../azure/vault-secret.ts';
import { type Connection, connect } from '../../connection/connect.ts';
import type { Context } from '../../context/context.ts';
import { type Application, observeApplication } from '../../entra/application.ts';
import type { Caller } from '../../entra/caller.ts';
import type { ApiPrincipals } from '../../entra/service-principal.ts';
import type { Helm } from '../../helm/cli.ts';
import { type PreparedChart, prepareChart } from '../../helm/prepare.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { KubernetesRefusal } from '../../kubernetes/refusal.ts';
import { onceForEach } from '../../lib/once.ts';
import { prefetch } from '../../lib/prefetch.ts';
import { type HeadlampState, observeHeadlamp, observeManaged } from '../deploy/observe-cluster.ts';
import { type ObservedVault, observeVaultAndSecret } from '../deploy/observe-vault.ts';
import { wantedFrom } from '../deploy/plan.ts';
import { type AzurePlan, planAzure } from '../deploy/plan-azure.ts';
import { type RequiredPermission, requiredPermissions } from '../deploy/required-permissions.ts';
import { from, NotChecked } from './check.ts';
import { lackingRights, rightsOf } from './kubernetes-rights.ts';

/** The titles of checks that others build on. */
export const CLUSTER = 'Cluster';
export const API_SERVER = 'API server';
export const HELM = 'Helm';
export const CHART = 'Chart and values';

/** What the checks share, read once. Each is a promise, because each can fail on its own. */
export interface Evidence {
  readonly context: Context;
  readonly caller: Promise<Caller>;
  readonly application: Promise<Application | undefined>;
  readonly apis: Promise<ApiPrincipals>;
  readonly clusterState: Promise<ClusterState>;
  /** Rejects with NotChecked if there is no cluster yet. */
  readonly cluster: Promise<Cluster>;
  readonly azurePlan: Promise<AzurePlan>;
  readonly roleAssignments: Promise<readonly RoleAssignmentChange[]>;
  /** The permissions that the pending changes to Azure resources need. */
  readonly required: Promise<readonly RequiredPermission[]>;
  /** Read once per scope. */
  permissionsAt(scope: ResourceId): Promise<Permissions | undefined>;
  readonly connection: Promise<Connection>;
  /** What is in the cluster. */
  readonly headlamp: Promise<HeadlampState>;
  /** As far as it shows: a vault that is not to be created is taken for one that exists. */
  readonly vaultExists: Promise<boolean>;
  readonly vaultSecret: Promise<VaultSecretState>;
  readonly vaultPermissions: Promise<VaultPermissions | undefined>;
  readonly helm: Promise<Helm>;
  /** The chart, rendered as a deployment does, with the cluster's version if it is known. */
  readonly chart: Promise<PreparedChart & { readonly version: string }>;
}

/** Starts all reads, the same as those of a deployment. Writes nothing. */
export function gather(context: Context): Evidence {
  const { graph, arm, inputs, vault } = context;
  const caller = prefetch(graph.caller());
  // Reads wait for the first sign-in, so that a sign-in that fails is tried once.
  const signedIn = <T>(read: () => Promise<T>) => prefetch(caller.then(read));
  // With delivery vault, a deployment neither connects to the cluster nor uses helm.
  const inCluster = <T>(read: () => Promise<T>) => prefetch(inputs.delivery === 'vault' ? ofOthers() : read());
  const clusterState = signedIn(() => observeManaged(context));
  const cluster = prefetch(clusterState.then(present));
  const ofVault = signedIn(() => observeVaultAndSecret(context));
  const azurePlan = prefetch(readAzurePlan(context, clusterState, ofVault));
  const roleAssignments = signedIn(() => readRoleAssignments(context));
  const helm = inCluster(context.helm);
  const found = inCluster(() => cluster.then((present) => connectAsDeployment(context, present)));
  return {
    context,
    caller,
    application: signedIn(() => observeApplication(graph, inputs.application)),
    apis: signedIn(() => context.apis()),
    clusterState,
    cluster,
    azurePlan,
    roleAssignments,
    required: prefetch(readRequiredPermissions(context, clusterState, azurePlan, roleAssignments)),
    permissionsAt: onceForEach((scope: ResourceId) => signedIn(() => observePermissions(arm, scope))),
    connection: prefetch(found.then(({ connection }) => connection)),
    headlamp: prefetch(found.then(({ headlamp }) => headlamp)),
    vaultExists: prefetch(ofVault.then(({ vault }) => vault.kind !== 'absent' && vault.kind !== 'deleted')),
    vaultSecret: prefetch(
      ofVault.then(({ vault, secret }) => (vault.kind === 'usable' ? secret : { kind: 'unreadable' })),
    ),
    vaultPermissions: signedIn(() => observeVaultPermissions(arm, vault)),
    helm,
    chart: prefetch(prepareAsDeployment(context, helm, cluster)),
  };
}

async function ofOthers(): Promise<never> {
  throw new NotChecked('delivery is vault');
}

function present(state: ClusterState): Cluster {
  if (state.kind === 'present') return state.cluster;
  throw new NotChecked(state.kind === 'unread' ? 'manage-cluster is false' : 'there is no cluster yet');
}

async function readAzurePlan(
  context: Context,
  clusterState: Promise<ClusterState>,
  ofVault: Promise<ObservedVault>,
): Promise<AzurePlan> {
  // What is wrong with the vault is for its own check to tell.
  const vault = await ofVault.then((found) => found.vault).catch((): VaultState => ({ kind: 'usable', ours: false }));
  return planAzure(context, await clusterState, vault);
}

async function readRequiredPermissions(
  { cluster }: Context,
  clusterState: Promise<ClusterState>,
  azurePlan: Promise<AzurePlan>,
  roleAssignments: Evidence['roleAssignments'],
): Promise<readonly RequiredPermission[]> {
  const plan = { ...(await azurePlan), roleAssignments: await roleAssignments.catch(() => []) };
  return requiredPermissions(plan, cluster, await clusterState);
}

async function readRoleAssignments({ arm, cluster, inputs, release }: Context) {
  const { enableAzureRbac, access } = inputs;
  if (!enableAzureRbac) return [];
  const observed = await observeClusterRoleAssignments(arm, cluster.id, access.azure);
  return observed ? planClusterRoleAssignments(access.azure, release, observed) : [];
}

async function prepareAsDeployment(context: Context, pending: Promise<Helm>, cluster: Promise<Cluster>) {
  const helm = await from(HELM, pending);
  const chart = await context.charts.resolve(context.inputs, async () => helm);
  const version = await cluster.then(({ kubernetesVersion }) => kubernetesVersion).catch(() => '');
  const prepared = await prepareChart(helm, wantedFrom(context, chart).release, version, context);
  return { ...prepared, version: chart.version };
}

/** Connects as a deployment does: fails if what a deployment reads cannot be read. */
function connectAsDeployment(context: Context, cluster: Cluster) {
  return connect(context, cluster, async (connection) => ({
    connection,
    headlamp: await observeHeadlamp(context, connection.kubernetes).catch((refusal: unknown) =>
      tellAll(context, connection.kubernetes, refusal),
    ),
  }));
}

/** Of an identity that may do some of it, the first refusal would name only one permission. */
async function tellAll(context: Context, kubernetes: Kubernetes, refusal: unknown): Promise<never> {
  if (!(refusal instanceof KubernetesRefusal) || refusal.meaning !== 'permission') throw refusal;
  const needed = rightsOf(context, undefined);
  const missing = await lackingRights(context, kubernetes, needed);
  if (missing.length >= needed.length) throw refusal;
  const message = `${refusal.message}. In all, it may not ${missing.join(', ')}`;
  throw new KubernetesRefusal(message, refusal.status, refusal.meaning);
}
