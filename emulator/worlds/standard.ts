import type { ClusterRecord } from '../arm/state/cluster-record.ts';
import type { Vault } from '../arm/state/vault-model.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator.ts';
import type { Application, Group, ServicePrincipal } from '../entra/objects.ts';
import { githubIssuer } from '../github/service.ts';
import { subjectOf } from '../github/workflow.ts';
import type { EmulatedCluster } from '../kubernetes/kubernetes.ts';
import { type JsonObject, text } from '../lib/json.ts';

/** A company that has what the action asks for beforehand, and nothing of Headlamp yet. */
export interface World {
  readonly box: Emulator;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly deployer: { readonly application: Application; readonly principal: ServicePrincipal };
  readonly clusterId: string;
  readonly record: ClusterRecord;
  /** The inside of the AKS cluster. */
  readonly cluster: EmulatedCluster;
  readonly vault: Vault;
  readonly groups: { readonly admins: Group; readonly developers: Group };
  /** The inputs of a plain deployment. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface WorldOptions extends EmulatorOptions {
  /** Properties of the cluster as ARM names them. */
  readonly cluster?: JsonObject;
}

const SUBSCRIPTION = '0b1f6471-1bf0-4dda-aec3-cb9272f09590';
const CLUSTER = 'aks-demo';

/** Graph permissions and roles as the README lists them: no more is ever needed. */
export async function buildStandardWorld({ cluster: properties = {}, ...options }: WorldOptions = {}): Promise<World> {
  const box = await startEmulator(options);
  const resourceGroup = 'rg-platform';
  const groupId = box.arm.addResourceGroup(SUBSCRIPTION, resourceGroup);
  const record = await box.arm.addCluster({
    subscriptionId: SUBSCRIPTION,
    resourceGroup,
    name: CLUSTER,
    properties,
    tags: { team: 'platform' },
  });
  const clusterId = text(record.model, 'id') ?? '';
  const vault = box.arm.addVault({ subscriptionId: SUBSCRIPTION, resourceGroup, name: 'kv-platform' });
  const deployer = addDeployer(box);
  const groups = {
    admins: box.directory.addGroup({ displayName: 'AKS administrators' }),
    developers: box.directory.addGroup({ displayName: 'Developers' }),
  };
  entitle({ box, clusterId, vault, groups }, deployer.principal);
  box.arm.assignments.assign(deployer.principal.id, 'Reader', groupId);
  const inputs = {
    'client-id': deployer.application.appId,
    'tenant-id': box.directory.tenant.id,
    'subscription-id': SUBSCRIPTION,
    'resource-group': resourceGroup,
    'cluster-name': CLUSTER,
    'key-vault-name': vault.name,
    'admin-group-object-ids': groups.admins.id,
  };
  return {
    box,
    subscriptionId: SUBSCRIPTION,
    resourceGroup,
    deployer,
    clusterId,
    record,
    cluster: box.cluster(record.kubernetes.fqdn),
    vault,
    groups,
    inputs,
  };
}

/** Grants what the README lists. */
export function entitle(
  { box, clusterId, vault, groups }: Pick<World, 'box' | 'clusterId' | 'vault' | 'groups'>,
  principal: ServicePrincipal,
): void {
  for (const role of ['Application.ReadWrite.OwnedBy', 'DelegatedPermissionGrant.ReadWrite.All'])
    box.directory.grantAppRole(principal, role);
  for (const role of [
    'Azure Kubernetes Service Contributor Role',
    'Azure Kubernetes Service Cluster User Role',
    'Azure Kubernetes Service Cluster Admin Role',
  ]) {
    box.arm.assignments.assign(principal.id, role, clusterId);
  }
  box.arm.assignments.assign(principal.id, 'Key Vault Secrets Officer', vault.id);
  groups.admins.members.add(principal.id);
}

function addDeployer(box: Emulator) {
  const application = box.directory.addApplication({
    displayName: 'headlamp-deployer',
    federatedIdentityCredentials: [
      {
        name: 'main',
        issuer: githubIssuer,
        subject: subjectOf(box.workflow),
        audiences: [box.directory.cloud.federationAudience],
      },
    ],
  });
  return { application, principal: box.directory.addServicePrincipal(application) };
}
