import type { ClusterRecord } from '../arm/state/cluster-record.ts';
import type { Vault } from '../arm/state/vault-model.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../emulator.ts';
import type { Application, Group, ServicePrincipal } from '../entra/objects.ts';
import { githubIssuer } from '../github/service.ts';
import { subjectOf } from '../github/workflow.ts';
import { chartDigest } from '../helm/chart-repository.ts';
import type { EmulatedCluster } from '../kubernetes/kubernetes.ts';
import { type JsonObject, text } from '../lib/json.ts';
import { addCustomRoles } from './grants.ts';

/** A company with everything that the action requires, and without Headlamp. */
export interface World {
  readonly emulator: Emulator;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly deployer: { readonly application: Application; readonly principal: ServicePrincipal };
  readonly clusterId: string;
  readonly record: ClusterRecord;
  /** Kubernetes in the AKS cluster. */
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

/** Graph permissions and roles as scripts/bootstrap.sh grants them for a cluster without Entra integration. */
export async function buildStandardWorld({ cluster: properties = {}, ...options }: WorldOptions = {}): Promise<World> {
  const emulator = await startEmulator(options);
  const resourceGroup = 'rg-platform';
  const groupId = emulator.arm.addResourceGroup(SUBSCRIPTION, resourceGroup);
  const record = await emulator.arm.addCluster({
    subscriptionId: SUBSCRIPTION,
    resourceGroup,
    name: CLUSTER,
    properties,
    tags: { team: 'platform' },
  });
  const clusterId = text(record.model, 'id') ?? '';
  const vault = emulator.arm.addVault({ subscriptionId: SUBSCRIPTION, resourceGroup, name: 'kv-platform' });
  const deployer = addDeployer(emulator);
  addCustomRoles(emulator, SUBSCRIPTION);
  const groups = {
    admins: emulator.directory.addGroup({ displayName: 'AKS administrators' }),
    developers: emulator.directory.addGroup({ displayName: 'Developers' }),
  };
  grantRequiredPermissions({ emulator, clusterId, vault, groups }, deployer.principal);
  emulator.arm.assignments.assign(deployer.principal.id, 'Reader', groupId);
  const inputs = {
    'client-id': deployer.application.appId,
    'tenant-id': emulator.directory.tenant.id,
    'subscription-id': SUBSCRIPTION,
    'resource-group': resourceGroup,
    'cluster-name': CLUSTER,
    'key-vault-name': vault.name,
    'admin-group-object-ids': groups.admins.id,
    'chart-digest': await chartDigest(),
  };
  return {
    emulator,
    subscriptionId: SUBSCRIPTION,
    resourceGroup,
    deployer,
    clusterId,
    record,
    cluster: emulator.cluster(record.kubernetes.fqdn),
    vault,
    groups,
    inputs,
  };
}

/** Grants what docs/reference.md lists, admin consent as with --grant-consent. */
export function grantRequiredPermissions(
  { emulator, clusterId, vault, groups }: Pick<World, 'emulator' | 'clusterId' | 'vault' | 'groups'>,
  principal: ServicePrincipal,
): void {
  for (const role of ['Application.ReadWrite.OwnedBy', 'DelegatedPermissionGrant.ReadWrite.All'])
    emulator.directory.grantAppRole(principal, role);
  for (const role of [
    'Headlamp AKS Entra deployer',
    'Azure Kubernetes Service Cluster User Role',
    'Azure Kubernetes Service Cluster Admin Role',
  ]) {
    emulator.arm.assignments.assign(principal.id, role, clusterId);
  }
  emulator.arm.assignments.assign(principal.id, 'Key Vault Secrets Officer', vault.id);
  groups.admins.members.add(principal.id);
}

function addDeployer(emulator: Emulator) {
  const application = emulator.directory.addApplication({
    displayName: 'headlamp-deployer',
    federatedIdentityCredentials: [
      {
        name: 'main',
        issuer: githubIssuer,
        subject: subjectOf(emulator.workflow),
        audiences: [emulator.directory.cloud.federationAudience],
      },
    ],
  });
  return { application, principal: emulator.directory.addServicePrincipal(application) };
}
