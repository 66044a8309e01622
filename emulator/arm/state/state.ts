import { randomUUID } from 'node:crypto';
import type { Directory } from '../../entra/directory.ts';
import { aksServer } from '../../entra/well-known.ts';
import type { ClusterSettings, KubernetesFactory } from '../../kubernetes/contract.ts';
import type { Clock } from '../../lib/clock.ts';
import { type JsonObject, list, object, put, strings, text } from '../../lib/json.ts';
import { type Assignments, createAssignments } from './assignments.ts';
import { clusterModel, isPrivate, type NewCluster } from './cluster-model.ts';
import type { ClusterRecord } from './cluster-record.ts';
import type { CommandRecord } from './command-pods.ts';
import { createGovernance, type Governance } from './governance.ts';
import type { ManagedIdentity } from './managed-identity.ts';
import { createRoles, type Roles } from './roles.ts';
import { type NewVault, type Vault, vaultRecord } from './vault-model.ts';

/** How Azure behaves. All times are milliseconds of the emulated clock. */
export interface ArmSettings {
  /** How long an operation on a cluster takes. */
  operationDuration: number;
  /** The error of the next operation. */
  nextFailure: { code: string; message: string } | undefined;
  /** How long after its cluster is created the name of an API server does not resolve. */
  clusterDnsDelay: number;
  /** How long the name of a new vault does not resolve. */
  vaultDuration: number;
  /** API versions that this cloud does not have yet. */
  lackedVersions: readonly string[];
  /** How long the list of deleted vaults lacks a new one. */
  deletedListDelay: number;
  /** How often a write of a cluster meets another one that AKS has not stored yet. */
  etagMismatches: number;
  /** How long a role assignment made through the API has no effect. */
  roleDelay: number;
  /** Where the runner's requests come from. */
  runnerAddress: string;
  /** How many commands AKS refuses, as their pods do not start in time. */
  slowCommands: number;
  /** How many commands AKS accepts and cannot run, as the image of their pods cannot be pulled. */
  commandsNotRun: number;
  /** Most rows in a page of Azure Resource Graph: it makes pages shorter than asked for if rows are long. */
  resourceGraphPage: number;
  /** In how many of the caller's subscriptions Resource Graph searches. */
  resourceGraphSubscriptions: number;
}

/** The subscriptions of one tenant with their resources, and functions for tests to add some. */
export interface ArmState {
  readonly settings: ArmSettings;
  readonly roles: Roles;
  readonly assignments: Assignments;
  readonly governance: Governance;
  /** Display names by id. */
  readonly subscriptions: Map<string, string>;
  /** Namespaces of resource providers that are not registered yet. */
  readonly unregistered: Set<string>;
  /** As ARM shows them, by id in lower case. */
  readonly resourceGroups: Map<string, JsonObject>;
  readonly clusters: Map<string, ClusterRecord>;
  /** User-assigned managed identities by id in lower case. */
  readonly identities: Map<string, ManagedIdentity>;
  readonly vaults: Map<string, Vault>;
  /** Whether the host is the API server of a private cluster, which is reachable only inside its network. */
  isPrivateHost(host: string): boolean;
  /** Whether the API server at the host has authorized IP ranges that do not hold the runner's address. */
  dropsRunner(host: string): boolean;
  /** Commands that ran in clusters, oldest first. */
  readonly commands: CommandRecord[];
  /** Soft-deleted vaults by name. */
  readonly deletedVaults: Map<string, Vault>;
  addSubscription(id: string, displayName: string): void;
  addResourceGroup(subscriptionId: string, name: string, location?: string): string;
  addCluster(cluster: NewCluster): Promise<ClusterRecord>;
  /** Adds a cluster by its ARM model. @param isReachable whether the name of its API server resolves */
  addModel(model: JsonObject, isReachable?: () => boolean): Promise<ClusterRecord>;
  addVault(vault: NewVault): Vault;
  /** Deletes a vault, as `az keyvault delete`: it can be recovered, but its role assignments are removed. */
  deleteVault(name: string): void;
  /** Changes a cluster, as another client would. */
  changeCluster(id: string, properties: JsonObject): void;
  /** Scales a node pool, as `az aks nodepool scale`: only the pool's etag moves. */
  scalePool(id: string, pool: string, count: number): void;
  /** Completes the cluster's operation if it is due. */
  completeIfDue(record: ClusterRecord): void;
}

export interface StateParts {
  readonly clock: Clock;
  readonly kubernetes: KubernetesFactory;
  readonly directory: Directory;
}

export function createState({ clock, kubernetes, directory }: StateParts): ArmState {
  const roles = createRoles();
  const state: ArmState = {
    settings: {
      operationDuration: 500,
      nextFailure: undefined,
      clusterDnsDelay: 300,
      vaultDuration: 300,
      lackedVersions: [],
      deletedListDelay: 0,
      etagMismatches: 0,
      roleDelay: 300,
      runnerAddress: '198.51.100.7',
      slowCommands: 0,
      commandsNotRun: 0,
      resourceGraphPage: 1_000,
      resourceGraphSubscriptions: 10_000,
    },
    roles,
    assignments: createAssignments(clock, directory.groupsOf, roles),
    governance: createGovernance(),
    subscriptions: new Map(),
    unregistered: new Set(),
    resourceGroups: new Map(),
    clusters: new Map(),
    identities: new Map(),
    vaults: new Map(),
    commands: [],
    isPrivateHost: (host) =>
      [...state.clusters.values()].some(
        ({ kubernetes: { fqdn }, model }) => fqdn === host && isPrivate(object(model, 'properties')),
      ),
    dropsRunner: (host) =>
      [...state.clusters.values()].some(({ kubernetes: { fqdn }, model }) => {
        const ranges = strings(model, 'properties', 'apiServerAccessProfile', 'authorizedIPRanges');
        return fqdn === host && ranges.length > 0 && !ranges.includes(`${state.settings.runnerAddress}/32`);
      }),
    deletedVaults: new Map(),
    addSubscription: (id, displayName) => state.subscriptions.set(id, displayName),
    addResourceGroup: (subscriptionId, name, location = 'westeurope') => {
      const id = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
      if (!state.subscriptions.has(subscriptionId)) state.addSubscription(subscriptionId, 'Platform');
      const properties = { provisioningState: 'Succeeded' };
      const model = { id, name, type: 'Microsoft.Resources/resourceGroups', location, tags: {}, properties };
      state.resourceGroups.set(id.toLowerCase(), model);
      return id;
    },
    addCluster: (cluster) => state.addModel(clusterModel(cluster)),
    addModel: async (model, isReachable) => {
      const id = text(model, 'id') ?? '';
      const settings = () => settingsOf(state.clusters.get(id.toLowerCase())?.model ?? model);
      const created = await kubernetes.create({
        fqdn: text(model, 'properties', 'privateFQDN') ?? text(model, 'properties', 'fqdn') ?? '',
        version: text(model, 'properties', 'currentKubernetesVersion') ?? '',
        settings,
        azureRolesOf: (objectId, namespace) =>
          state.assignments.rolesOf(objectId, namespace === '' ? id : `${id}/namespaces/${namespace}`),
        ...(isReachable && { isReachable }),
      });
      const record: ClusterRecord = { model, etag: randomUUID(), kubernetes: created };
      state.clusters.set(id.toLowerCase(), record);
      return record;
    },
    addVault: (vault) => {
      const record = vaultRecord({ tenantId: directory.tenant.id, ...vault }, clock.now());
      state.vaults.set(vault.name.toLowerCase(), record);
      return record;
    },
    deleteVault: (name) => {
      const vault = state.vaults.get(name.toLowerCase());
      if (!vault) throw new Error(`There is no vault ${name}.`);
      state.vaults.delete(name.toLowerCase());
      state.deletedVaults.set(name.toLowerCase(), { ...vault, deletedAt: clock.now() });
      state.assignments.removeWithin(vault.id);
    },
    changeCluster: (id, properties) => {
      const record = state.clusters.get(id.toLowerCase());
      if (!record) throw new Error(`There is no cluster ${id}.`);
      record.model = put(record.model, ['properties'], { ...object(record.model, 'properties'), ...properties });
      record.etag = randomUUID();
    },
    scalePool: (id, pool, count) => {
      const record = state.clusters.get(id.toLowerCase());
      if (!record) throw new Error(`There is no cluster ${id}.`);
      const scaled = list(record.model, 'properties', 'agentPoolProfiles').map((entry) =>
        text(entry, 'name') === pool ? { ...object(entry), count, eTag: randomUUID() } : entry,
      );
      record.model = put(record.model, ['properties', 'agentPoolProfiles'], scaled);
    },
    completeIfDue: (record) => {
      const { operation } = record;
      if (!operation || operation.done || clock.now() < operation.endsAt) return;
      operation.done = true;
      record.model = completedModel(operation.failure ? record.model : operation.result, !operation.failure);
      record.etag = randomUUID();
      addAksServerApplication(record.model, directory, clock);
    },
  };
  return state;
}

/** A creation or repair also sets the state of the node pools; a failed update leaves them unchanged. */
function completedModel(model: JsonObject, succeeded: boolean): JsonObject {
  const outcome = succeeded ? 'Succeeded' : 'Failed';
  const pools = list(model, 'properties', 'agentPoolProfiles').map((pool) => {
    const ran = text(pool, 'provisioningState') === 'Succeeded';
    return { ...object(pool), provisioningState: ran ? 'Succeeded' : outcome };
  });
  const properties = { ...object(model, 'properties'), provisioningState: outcome, agentPoolProfiles: pools };
  return { ...model, properties };
}

/** The first cluster with Entra integration brings the application of AKS API servers into the tenant. */
function addAksServerApplication(model: JsonObject, directory: Directory, clock: Clock): void {
  const isManaged = object(model, 'properties', 'aadProfile')['managed'] === true;
  if (!isManaged || directory.servicePrincipal(aksServer.appId)) return;
  const added = { ...directory.addFirstParty(aksServer), createdAt: clock.now() };
  directory.servicePrincipals.set(added.id, added);
}

function settingsOf(model: JsonObject): ClusterSettings {
  const properties = object(model, 'properties');
  const entra = object(properties, 'aadProfile');
  return {
    powerState: text(properties, 'powerState', 'code') === 'Stopped' ? 'Stopped' : 'Running',
    kubernetesRbac: properties['enableRBAC'] !== false,
    localAccountsDisabled: properties['disableLocalAccounts'] === true,
    ...(entra['managed'] === true && {
      entra: {
        tenantId: text(entra, 'tenantID') ?? '',
        adminGroupObjectIds: strings(entra, 'adminGroupObjectIDs'),
        azureRbac: entra['enableAzureRBAC'] === true,
      },
    }),
  };
}
