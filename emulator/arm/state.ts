import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { object, put, strings, text } from '../json.ts';
import type { ClusterSettings, KubernetesCluster, KubernetesFactory } from '../kubernetes/contract.ts';
import type { JsonObject } from '../server/exchange.ts';
import { type Assignments, createAssignments } from './assignments.ts';
import { clusterId, clusterModel, type NewCluster } from './cluster-model.ts';

export interface ClusterRecord {
  /** As ARM shows it. */
  model: JsonObject;
  etag: string;
  readonly kubernetes: KubernetesCluster;
  operation?: Operation;
}

/** A long-running operation on a cluster. */
export interface Operation {
  readonly id: string;
  readonly startedAt: number;
  readonly endsAt: number;
  /** Where it fails in the end: Azure's code and message. */
  readonly failure?: { readonly code: string; readonly message: string };
  /** The model that holds once it has succeeded. */
  readonly result: JsonObject;
  done: boolean;
}

export interface Vault {
  readonly id: string;
  readonly name: string;
  readonly tenantId: string;
  /** False: access policies decide instead of roles. */
  readonly rbac: boolean;
  /** Permissions on secrets by object id, for a vault without RBAC. */
  readonly accessPolicies: Readonly<Record<string, readonly string[]>>;
  /** The firewall lets nobody in from here. */
  firewallDenies: boolean;
}

export interface ArmSettings {
  /** Milliseconds that an operation on a cluster takes. */
  operationDuration: number;
  /** The next operation fails so. */
  nextFailure: { code: string; message: string } | undefined;
}

/** What Azure holds for the subscriptions of one tenant, and how tests put it there. */
export interface ArmState {
  readonly settings: ArmSettings;
  readonly assignments: Assignments;
  readonly resourceGroups: Set<string>;
  readonly clusters: Map<string, ClusterRecord>;
  readonly vaults: Map<string, Vault>;
  addResourceGroup(subscriptionId: string, name: string): string;
  addCluster(cluster: NewCluster): Promise<ClusterRecord>;
  addVault(vault: {
    subscriptionId: string;
    resourceGroup: string;
    name: string;
    rbac?: boolean;
    accessPolicies?: Vault['accessPolicies'];
  }): Vault;
  /** Changes a cluster as somebody else would. */
  changeCluster(id: string, properties: JsonObject): void;
  /** Ends operations whose time has come. */
  settle(record: ClusterRecord): void;
}

export function createState({
  clock,
  kubernetes,
  tenantId,
}: {
  clock: Clock;
  kubernetes: KubernetesFactory;
  tenantId: string;
}): ArmState {
  const state: ArmState = {
    settings: { operationDuration: 500, nextFailure: undefined },
    assignments: createAssignments(),
    resourceGroups: new Set(),
    clusters: new Map(),
    vaults: new Map(),
    addResourceGroup: (subscriptionId, name) => {
      const id = `/subscriptions/${subscriptionId}/resourceGroups/${name}`;
      state.resourceGroups.add(id.toLowerCase());
      return id;
    },
    addCluster: async (cluster) => {
      const id = clusterId(cluster);
      const model = clusterModel(cluster);
      const settings = () => settingsOf(state.clusters.get(id.toLowerCase())?.model ?? model);
      const created = await kubernetes.create({
        fqdn: text(model, 'properties', 'fqdn') ?? '',
        version: text(model, 'properties', 'kubernetesVersion') ?? '',
        settings,
        azureRolesOf: (objectId) => state.assignments.rolesOf(objectId, id),
      });
      const record: ClusterRecord = { model, etag: randomUUID(), kubernetes: created };
      state.clusters.set(id.toLowerCase(), record);
      return record;
    },
    addVault: ({ subscriptionId, resourceGroup, name, rbac = true, accessPolicies = {} }) => {
      const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.KeyVault/vaults/${name}`;
      const vault = { id, name, tenantId, rbac, accessPolicies, firewallDenies: false };
      state.vaults.set(name.toLowerCase(), vault);
      return vault;
    },
    changeCluster: (id, properties) => {
      const record = state.clusters.get(id.toLowerCase());
      if (!record) throw new Error(`There is no cluster ${id}.`);
      record.model = put(record.model, ['properties'], { ...object(record.model, 'properties'), ...properties });
      record.etag = randomUUID();
    },
    settle: (record) => {
      const { operation } = record;
      if (!operation || operation.done || clock.now() < operation.endsAt) return;
      operation.done = true;
      const state = operation.failure ? 'Failed' : 'Succeeded';
      record.model = put(
        operation.failure ? record.model : operation.result,
        ['properties', 'provisioningState'],
        state,
      );
      record.etag = randomUUID();
    },
  };
  return state;
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
