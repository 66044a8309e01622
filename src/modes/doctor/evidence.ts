import { type Cluster, clusterResourceId } from '../../azure/cluster.ts';
import { type ClusterState, observeClusterState } from '../../azure/cluster-creation.ts';
import {
  observeClusterRoleAssignments,
  planClusterRoleAssignments,
  type RoleAssignmentChange,
} from '../../azure/cluster-role-assignments.ts';
import { observePermissions, type Permissions } from '../../azure/permissions.ts';
import { type VaultState, vaultAddress } from '../../azure/vault.ts';
import { observeVaultPermissions, type VaultPermissions } from '../../azure/vault-permissions.ts';
import type { VaultSecretState } from '../../azure/vault-secret.ts';
import { inCluster } from '../../connection/connect.ts';
import type { Clients } from '../../context/clients.ts';
import type { Surroundings } from '../../context/surroundings.ts';
import { type Application, observeApplication } from '../../entra/application.ts';
import type { Caller } from '../../entra/caller.ts';
import { type ApiPrincipals, observeApis } from '../../entra/service-principal.ts';
import type { Helm } from '../../helm/cli.ts';
import { lazyHelm } from '../../helm/session.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import type { Kubernetes } from '../../kubernetes/client.ts';
import { type FoundationPlan, planFoundation } from '../deploy/foundation.ts';
import { readVault } from '../deploy/observe.ts';
import { observeKubernetes } from '../deploy/observe-headlamp.ts';
import { type RequiredPermission, requiredPermissions } from '../deploy/required-permissions.ts';
import { NotChecked } from './check.ts';

/** What several checks look at, read once. Each is a promise, as each may fail by itself. */
export interface Evidence {
  readonly clients: Clients;
  readonly inputs: Inputs;
  readonly folder: string;
  readonly caller: Promise<Caller>;
  readonly application: Promise<Application | undefined>;
  readonly apis: Promise<ApiPrincipals>;
  readonly clusterState: Promise<ClusterState>;
  /** Not to be checked while there is none. */
  readonly cluster: Promise<Cluster>;
  readonly foundation: Promise<FoundationPlan>;
  readonly roleAssignments: Promise<readonly RoleAssignmentChange[]>;
  /** What the changes to Azure's resources take that are still to be made. */
  readonly required: Promise<readonly RequiredPermission[]>;
  /** Asked for once at each scope. */
  permissionsAt(scope: string): Promise<Permissions | undefined>;
  readonly kubernetes: Promise<Kubernetes>;
  readonly vaultSecret: Promise<VaultSecretState>;
  readonly vaultPermissions: Promise<VaultPermissions | undefined>;
  readonly helm: Promise<Helm>;
}

/** Starts reading all of it, the very reads of a deployment. Nothing is written. */
export function gather(inputs: Inputs, clients: Clients, { platform, environment, log }: Surroundings): Evidence {
  const { graph, arm, cluster: client } = clients;
  const caller = started(graph.caller());
  // What needs a sign-in waits for the first one, so that a failed one is asked for once.
  const signedIn = <T>(read: () => Promise<T>) => started(caller.then(read));
  const clusterState = signedIn(() => observeClusterState(client, arm, inputs.creation.createCluster));
  const cluster = started(clusterState.then(present));
  const ofVault = signedIn(() => readVault(clients, inputs));
  const foundation = started(planAzure(inputs, clusterState, ofVault));
  const roleAssignments = signedIn(() => planAccess(clients, inputs));
  return {
    clients,
    inputs,
    folder: platform.folder,
    caller,
    application: signedIn(() => observeApplication(graph, inputs.application)),
    apis: signedIn(() => observeApis(graph)),
    clusterState,
    cluster,
    foundation,
    roleAssignments,
    required: started(readRequiredPermissions(clients, foundation, roleAssignments)),
    permissionsAt: onceForEach((scope) => signedIn(() => observePermissions(arm, scope))),
    kubernetes: started(cluster.then(() => enter(clients, inputs, cluster))),
    vaultSecret: started(
      ofVault.then(({ vault, secret }) => (vault.kind === 'usable' ? secret : { kind: 'unreadable' })),
    ),
    vaultPermissions: signedIn(() => observeVaultPermissions(arm, vaultAddress(inputs))),
    helm: started(lazyHelm(inputs.helmVersion, platform, environment, inputs.waitTimeout, clients.transport, log)()),
  };
}

function present(state: ClusterState): Cluster {
  if (state.kind === 'present') return state.cluster;
  throw new NotChecked('there is no cluster yet');
}

async function planAzure(
  inputs: Inputs,
  clusterState: Promise<ClusterState>,
  ofVault: ReturnType<typeof readVault>,
): Promise<FoundationPlan> {
  // What is wrong with the vault is for its own check to tell.
  const vault = await ofVault.then((found) => found.vault).catch((): VaultState => ({ kind: 'usable' }));
  return planFoundation(inputs, await clusterState, vault);
}

async function readRequiredPermissions(
  clients: Clients,
  foundation: Promise<FoundationPlan>,
  access: Evidence['roleAssignments'],
): Promise<readonly RequiredPermission[]> {
  return requiredPermissions({ ...(await foundation), roleAssignments: await access.catch(() => []) }, clients);
}

async function planAccess({ arm, cluster }: Clients, { enableAzureRbac, access, namespace, releaseName }: Inputs) {
  if (!enableAzureRbac) return [];
  const observed = await observeClusterRoleAssignments(arm, clusterResourceId(cluster), access.azure);
  return planClusterRoleAssignments(access.azure, { namespace, name: releaseName }, observed);
}

function onceForEach<T>(read: (scope: string) => Promise<T>): (scope: string) => Promise<T> {
  const known = new Map<string, Promise<T>>();
  return (scope) => {
    const reading = known.get(scope) ?? read(scope);
    known.set(scope, reading);
    return reading;
  };
}

/** The way in of a deployment: it counts as closed where what a deployment reads cannot be read. */
function enter(clients: Clients, inputs: Inputs, cluster: Promise<Cluster>): Promise<Kubernetes> {
  const release = { namespace: inputs.namespace, name: inputs.releaseName };
  return inCluster(
    clients.door,
    () => cluster,
    async (kubernetes) => {
      await observeKubernetes(kubernetes, release, clients.mask);
      return kubernetes;
    },
  );
}

/** A failure is for the checks to tell, whenever they come to it. */
function started<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
