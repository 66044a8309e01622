import { randomUUID } from 'node:crypto';
import type { Emulator } from '../emulator/emulator.ts';
import type { Application } from '../emulator/entra/objects.ts';
import { type JsonObject, list, object, put, strings, text } from '../emulator/lib/json.ts';
import { registration } from '../emulator/worlds/deployed.ts';
import type { World } from '../emulator/worlds/standard.ts';

/** How the action marks the passwords of another cluster on the same registration. */
const OTHER_CLUSTER = 'headlamp-aks-entra 0123456789ab';
const OTHER_GROUP = '77777777-8888-4999-8aaa-bbbbbbbbbbbb';
const DIRECTORY_SCOPE = { resourceAppId: '797f4846-ba00-4fd7-ba43-dac1f8f63013', resourceAccess: [] };

/** Resources of other people that exist before the action's first run. */
export function addResourcesOfOthers({ emulator, cluster, vault, clusterId }: World): void {
  const payroll = emulator.directory.addApplication({
    displayName: 'payroll',
    properties: { web: { redirectUris: ['https://payroll.example/callback'] } },
  });
  payroll.passwordCredentials = [passwordOf(emulator.clock.now(), 'payroll')];
  emulator.directory.addServicePrincipal(payroll);
  cluster.put('ClusterRoleBinding', binding('operators'));
  emulator.keyVault.secrets(vault.name).set('payroll', {
    value: 'not ours',
    contentType: undefined,
    tags: {},
    enabled: true,
    exp: undefined,
    nbf: undefined,
  });
  emulator.arm.changeCluster(clusterId, { autoUpgradeProfile: { upgradeChannel: 'patch' } });
}

/** Changes of other people to the resources that the action created. */
export function changeDeploymentAsOthers(world: World): void {
  const { emulator, cluster, clusterId, record } = world;
  changeRegistrationAsOthers(emulator, registration(world));
  const profile = object(record.model, 'properties', 'aadProfile');
  emulator.arm.changeCluster(clusterId, {
    aadProfile: { ...profile, adminGroupObjectIDs: [...strings(profile, 'adminGroupObjectIDs'), OTHER_GROUP] },
  });
  cluster.put('Secret', {
    metadata: { name: 'payroll', namespace: 'headlamp' },
    type: 'Opaque',
    data: { key: 'bm90IG91cnM=' },
  });
}

export function changeRegistrationAsOthers(emulator: Emulator, application: Application): void {
  application.passwordCredentials = [
    ...application.passwordCredentials,
    passwordOf(emulator.clock.now(), 'made by hand'),
    passwordOf(emulator.clock.now(), `${OTHER_CLUSTER} 1a2b3c4d`),
  ];
  const { properties } = application;
  application.properties = {
    ...properties,
    tags: ['team:platform'],
    notes: 'ask the platform team',
    web: {
      ...object(properties, 'web'),
      redirectUris: ['https://portal.example/callback', ...strings(properties, 'web', 'redirectUris')],
    },
    requiredResourceAccess: [DIRECTORY_SCOPE, ...list(properties, 'requiredResourceAccess')],
  };
}

/** The current state of all that other people set. If it is equal before and after a run, the run left it alone. */
export function stateSetByOthers(world: World): JsonObject {
  const { emulator, cluster, vault, groups, record } = world;
  const created = [...emulator.directory.applications.values()].find(isRegistrationOfAction);
  const { aadProfile, provisioningState: _, ...properties } = object(record.model, 'properties');
  return JSON.parse(
    JSON.stringify({
      cluster: {
        ...put(record.model, ['properties'], properties),
        admins: strings(object({ aadProfile }, 'aadProfile'), 'adminGroupObjectIDs').filter(
          (id) => id !== groups.admins.id,
        ),
      },
      applications: [...emulator.directory.applications.values()].filter(
        (application) => !isRegistrationOfAction(application),
      ),
      registration: partsSetByOthers(created),
      bindings: cluster.list('ClusterRoleBinding').filter((entry) => object(entry, 'metadata')['name'] === 'operators'),
      secrets: cluster.get('Secret', 'headlamp', 'payroll'),
      vault: emulator.keyVault.secrets(vault.name).versions('payroll'),
      assignments: [...emulator.arm.assignments.all.values()].filter(
        ({ description }) => !description?.startsWith('headlamp-aks-entra'),
      ),
    }),
  );
}

/** Whether a password is not one that the action made for the clusters of the sweep. */
export function isPasswordOfOthers(displayName: string | null): boolean {
  return !displayName?.startsWith('headlamp-aks-entra') || isOfOtherCluster({ displayName });
}

/** Whether a password is of another cluster, which still signs people in with the registration. */
export const isOfOtherCluster = ({ displayName }: { readonly displayName: string | null }) =>
  displayName?.startsWith(OTHER_CLUSTER) ?? false;

export const isRegistrationOfAction = ({ uniqueName }: Application) => uniqueName !== null;

function partsSetByOthers(application: Application | undefined): JsonObject {
  const { properties = {}, passwordCredentials = [] } = application ?? {};
  return {
    passwords: passwordCredentials
      .filter(({ displayName }) => isPasswordOfOthers(displayName))
      .map(({ keyId }) => keyId),
    redirectUris: strings(properties, 'web', 'redirectUris').filter((uri) => !uri.startsWith('http://localhost')),
    permissions: list(properties, 'requiredResourceAccess').filter(
      (entry) => object(entry)['resourceAppId'] === DIRECTORY_SCOPE.resourceAppId,
    ),
    notes: text(properties, 'notes') ?? '',
    tags: strings(properties, 'tags'),
  };
}

function passwordOf(now: number, displayName: string): Application['passwordCredentials'][number] {
  return {
    keyId: randomUUID(),
    displayName,
    startDateTime: new Date(now).toISOString(),
    endDateTime: new Date(now + 1000 * 86_400_000).toISOString(),
    hint: 'abc',
    secretText: randomUUID(),
    createdAt: now,
  };
}

function binding(name: string): JsonObject {
  return {
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: OTHER_GROUP }],
  };
}
