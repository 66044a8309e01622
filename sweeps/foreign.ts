import { randomUUID } from 'node:crypto';
import type { Emulator } from '../emulator/emulator.ts';
import type { Application } from '../emulator/entra/objects.ts';
import { type JsonObject, list, object, put, strings, text } from '../emulator/lib/json.ts';
import { registration } from '../emulator/worlds/deployed.ts';
import type { World } from '../emulator/worlds/standard.ts';

/** The mark of another vault's secret on the same registration: another cluster's. */
const OTHER_MARK = 'headlamp-aks-entra 0123456789ab';
const OTHER_GROUP = '77777777-8888-4999-8aaa-bbbbbbbbbbbb';
const DIRECTORY_SCOPE = { resourceAppId: '797f4846-ba00-4fd7-ba43-dac1f8f63013', resourceAccess: [] };

/** What other people have around Headlamp before the action first comes. */
export function addNeighbours({ emulator, cluster, vault, clusterId }: World): void {
  const neighbour = emulator.directory.addApplication({
    displayName: 'payroll',
    properties: { web: { redirectUris: ['https://payroll.example/callback'] } },
  });
  neighbour.passwordCredentials = [passwordOf(emulator.clock.now(), 'payroll')];
  emulator.directory.addServicePrincipal(neighbour);
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

/** What other people add to the things that the action made. */
export function addToDeployment(world: World): void {
  const { emulator, cluster, clusterId, record } = world;
  addToRegistration(emulator, registration(world));
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

export function addToRegistration(emulator: Emulator, application: Application): void {
  application.passwordCredentials = [
    ...application.passwordCredentials,
    passwordOf(emulator.clock.now(), 'made by hand'),
    passwordOf(emulator.clock.now(), `${OTHER_MARK} 1a2b3c4d`),
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

/** All of that as it is now: equal before and after, nothing of it was touched. */
export function foreignState(world: World): JsonObject {
  const { emulator, cluster, vault, groups, record } = world;
  const own = [...emulator.directory.applications.values()].find(isOwn);
  const { aadProfile, provisioningState: _, ...properties } = object(record.model, 'properties');
  return JSON.parse(
    JSON.stringify({
      cluster: {
        ...put(record.model, ['properties'], properties),
        admins: strings(object({ aadProfile }, 'aadProfile'), 'adminGroupObjectIDs').filter(
          (id) => id !== groups.admins.id,
        ),
      },
      applications: [...emulator.directory.applications.values()].filter((application) => !isOwn(application)),
      registration: foreignParts(own),
      bindings: cluster.list('ClusterRoleBinding').filter((entry) => object(entry, 'metadata')['name'] === 'operators'),
      secrets: cluster.get('Secret', 'headlamp', 'payroll'),
      vault: emulator.keyVault.secrets(vault.name).versions('payroll'),
    }),
  );
}

/** Whether a password is none of this action's for the clusters of the sweep. */
export function isForeign(displayName: string | null): boolean {
  return !displayName?.startsWith('headlamp-aks-entra') || displayName.startsWith(OTHER_MARK);
}

const isOwn = ({ uniqueName }: Application) => uniqueName !== null;

function foreignParts(application: Application | undefined): JsonObject {
  const { properties = {}, passwordCredentials = [] } = application ?? {};
  return {
    passwords: passwordCredentials.filter(({ displayName }) => isForeign(displayName)).map(({ keyId }) => keyId),
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
