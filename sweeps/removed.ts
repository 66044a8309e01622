import { text } from '../emulator/lib/json.ts';
import { releases } from '../emulator/worlds/deployed.ts';
import type { Inputs, Installation } from './installation.ts';
import {
  changeDeploymentAsOthers,
  isOfOtherCluster,
  isPasswordOfOthers,
  isRegistrationOfAction,
} from './set-by-others.ts';
import { createSweepWorld, type SweepWorld } from './world.ts';

const TEAM = '66666666-7777-4888-9999-000000000000';
const IN_TEAM_A = { group: TEAM, namespaces: ['team-a'] };

/** A deployment with all that a removal has to find again. */
export const ACCESS_INPUTS: Inputs = {
  'enable-azure-rbac': 'true',
  'list-namespaces': 'true',
  access: JSON.stringify({
    view: [TEAM],
    edit: [IN_TEAM_A],
    'Azure Kubernetes Service RBAC Reader': [TEAM, IN_TEAM_A],
  }),
};

export const DESTROY_INPUTS: Inputs = {
  mode: 'destroy',
  'confirm-destroy': 'aks-demo',
  'enable-azure-rbac': 'true',
};

/** A world in which others have roles, too, before that deployment. */
export async function accessWorld(speed: number): Promise<SweepWorld> {
  const world = await createSweepWorld(speed);
  const { emulator, cluster, clusterId, deployer, groups } = world;
  cluster.put('Namespace', { metadata: { name: 'team-a' } });
  emulator.directory.addGroup({ displayName: 'Team A', id: TEAM });
  emulator.arm.assignments.assign(deployer.principal.id, 'Role Based Access Control Administrator', clusterId);
  emulator.arm.assignments.assign(groups.admins.id, 'Azure Kubernetes Service RBAC Writer', clusterId);
  return world;
}

export async function deployedAccessWorld(speed: number): Promise<SweepWorld> {
  const world = await accessWorld(speed);
  const { error } = await world.run(ACCESS_INPUTS);
  if (error !== '') throw new Error(`The first deployment failed: ${error}`);
  return world;
}

/** Others use the registration and the namespace, so that both have to stay. */
export async function sharedAccessWorld(speed: number): Promise<SweepWorld> {
  const world = await deployedAccessWorld(speed);
  changeDeploymentAsOthers(world);
  return world;
}

/** What the action made, and a removal has left. */
export function leftByRemoval(world: SweepWorld, { vaultSecret }: Installation): string[] {
  const { emulator, cluster, vault } = world;
  const isShared = cluster.get('Secret', 'headlamp', 'payroll') !== undefined;
  const live = [...emulator.directory.applications.values()].filter(({ deletedAt }) => deletedAt === undefined);
  const registrations = live.filter(isRegistrationOfAction);
  const isKept = registrations.some(({ passwordCredentials }) => passwordCredentials.some(isOfOtherCluster));
  const passwords = live
    .flatMap(({ passwordCredentials }) => passwordCredentials)
    .filter(({ displayName }) => !isPasswordOfOthers(displayName));
  const secrets = emulator.keyVault.secrets(vault.name).all('present');
  return [
    ...releases(world).map(({ revision }) => `revision ${revision} of the release`),
    ...['Deployment', 'Service', 'ServiceAccount', 'Pod']
      .filter((kind) => cluster.list(kind, 'headlamp').some((object) => text(object, 'metadata', 'name') !== 'default'))
      .map((kind) => `a ${kind}`),
    ...['Namespace', 'Secret', 'ClusterRole', 'ClusterRoleBinding', 'RoleBinding'].flatMap((kind) =>
      cluster
        .list(kind)
        .filter((object) => text(object, 'metadata', 'labels', 'app.kubernetes.io/managed-by') === 'headlamp-aks-entra')
        .filter(() => !(isShared && kind === 'Namespace'))
        .map((object) => `${kind} ${text(object, 'metadata', 'name')}`),
    ),
    ...[...emulator.arm.assignments.all.values()]
      .filter(({ description }) => description?.startsWith('headlamp-aks-entra'))
      .map(({ role, scope }) => `role assignment ${role} on ${scope}`),
    ...(isKept ? [] : registrations.map(({ appId }) => `registration ${appId}`)),
    ...(isKept || emulator.directory.oauth2PermissionGrants.size === 0 ? [] : ['grants of admin consent']),
    ...passwords.map(({ keyId }) => `password ${keyId}`),
    ...secrets.filter(({ id }) => String(id).endsWith(`/${vaultSecret}`)).map(() => 'the secret in the vault'),
  ].map((left) => `${left} was left`);
}
