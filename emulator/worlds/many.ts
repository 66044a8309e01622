import type { ClusterRecord } from '../arm/state/cluster-record.ts';
import { type JsonObject, text } from '../lib/json.ts';
import type { World } from './standard.ts';

/** A cluster beside the one of the standard world. */
export interface MoreCluster {
  readonly name: string;
  readonly subscriptionId?: string;
  readonly resourceGroup?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly properties?: JsonObject;
}

/** What a deployment to one cluster needs. */
const ROLES = [
  'Headlamp AKS Entra deployer',
  'Azure Kubernetes Service Cluster User Role',
  'Azure Kubernetes Service Cluster Admin Role',
] as const;

/** Adds clusters, each with the roles that the identity needs on it, Entra integration and the world's administrators. */
export async function addClusters(world: World, clusters: readonly MoreCluster[]): Promise<readonly ClusterRecord[]> {
  const { emulator, deployer, groups } = world;
  const records: ClusterRecord[] = [];
  for (const { name, tags = {}, properties = {}, ...place } of clusters) {
    const { subscriptionId = world.subscriptionId, resourceGroup = world.resourceGroup } = place;
    const group = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
    if (!emulator.arm.resourceGroups.has(group.toLowerCase())) {
      emulator.arm.addResourceGroup(subscriptionId, resourceGroup);
      emulator.arm.assignments.assign(deployer.principal.id, 'Reader', group);
    }
    const aadProfile = {
      managed: true,
      enableAzureRBAC: false,
      adminGroupObjectIDs: [groups.admins.id],
      tenantID: emulator.directory.tenant.id,
    };
    const record = await emulator.arm.addCluster({
      subscriptionId,
      resourceGroup,
      name,
      tags: { ...tags },
      properties: { aadProfile, ...properties },
    });
    const id = text(record.model, 'id') ?? '';
    for (const role of ROLES) emulator.arm.assignments.assign(deployer.principal.id, role, id);
    records.push(record);
  }
  return records;
}
