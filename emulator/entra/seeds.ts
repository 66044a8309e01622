import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { CloudNames } from '../lib/clouds.ts';
import type { JsonObject } from '../lib/json.ts';
import { defaultApplicationProperties, defaultServicePrincipalProperties } from './defaults.ts';
import type { DirectoryState } from './directory-state.ts';
import type {
  Application,
  AppRoleAssignment,
  FederatedIdentityCredential,
  Group,
  ServicePrincipal,
  User,
} from './objects.ts';
import { displayNameOf } from './objects.ts';
import { type FirstParty, microsoftGraph, microsoftServicesTenant } from './well-known.ts';

export interface NewApplication {
  readonly displayName: string;
  readonly appId?: string;
  readonly uniqueName?: string;
  readonly owners?: readonly string[];
  readonly federatedIdentityCredentials?: readonly Omit<FederatedIdentityCredential, 'id'>[];
  /** Other properties, as Microsoft Graph names them. */
  readonly properties?: JsonObject;
}

/** Adds objects directly to the directory. They are a day old, so they are already replicated. */
export interface Seeds {
  addApplication(application: NewApplication): Application;
  /** The service principal of an application of this tenant. */
  addServicePrincipal(application: Application): ServicePrincipal;
  /** The service principal of one of Microsoft's applications. */
  addFirstParty(firstParty: FirstParty): ServicePrincipal;
  /** A managed identity: a service principal without an application of this tenant. */
  addManagedIdentity(displayName: string): ServicePrincipal;
  addGroup(group: { displayName: string; id?: string; members?: readonly string[] }): Group;
  addUser(user: { displayName: string; id?: string; password?: string }): User;
  /** Grants an application permission by name, on Microsoft Graph. */
  grantAppRole(principal: ServicePrincipal, role: string): AppRoleAssignment;
}

/** Long before any replication lag. */
const longAgo = 24 * 60 * 60 * 1000;

export function createSeeds(store: DirectoryState, clock: Clock): Seeds {
  const put = <T extends { readonly id: string }>(entries: Map<string, T>, entry: T): T => {
    entries.set(entry.id, entry);
    return entry;
  };
  return {
    addApplication: (seed) =>
      put(store.applications, {
        id: randomUUID(),
        appId: seed.appId ?? randomUUID(),
        createdAt: clock.now() - longAgo,
        uniqueName: seed.uniqueName ?? null,
        owners: new Set(seed.owners),
        passwordCredentials: [],
        federatedIdentityCredentials: (seed.federatedIdentityCredentials ?? []).map((credential) => ({
          id: randomUUID(),
          ...credential,
        })),
        properties: {
          ...defaultApplicationProperties(),
          displayName: seed.displayName,
          signInAudience: 'AzureADMyOrg',
          ...seed.properties,
        },
      }),
    addServicePrincipal: (application) =>
      put(
        store.servicePrincipals,
        newServicePrincipal(application, { tenantId: store.tenant.id, createdAt: clock.now() - longAgo }),
      ),
    addFirstParty: (firstParty) =>
      put(store.servicePrincipals, firstPartyServicePrincipal(firstParty, store.cloud, clock.now() - longAgo)),
    addManagedIdentity: (displayName) => {
      const application = { appId: randomUUID(), properties: { displayName } };
      const identity = newServicePrincipal(application, {
        tenantId: store.tenant.id,
        createdAt: clock.now() - longAgo,
      });
      return put(store.servicePrincipals, { ...identity, servicePrincipalType: 'ManagedIdentity' });
    },
    addGroup: ({ displayName, id = randomUUID(), members = [] }) =>
      put(store.groups, { id, displayName, members: new Set(members) }),
    addUser: ({ displayName, id = randomUUID(), password = randomUUID() }) => {
      const userPrincipalName = `${displayName.toLowerCase().replaceAll(' ', '.')}@${store.tenant.domain}`;
      return put(store.users, { id, displayName, userPrincipalName, password });
    },
    grantAppRole: (principal, role) => {
      const graph = [...store.servicePrincipals.values()].find((entry) => entry.appId === microsoftGraph.appId);
      const appRoleId = graph?.appRoles.find((entry) => entry.value === role)?.id;
      if (graph === undefined || appRoleId === undefined) throw new Error(`Microsoft Graph has no app role ${role}.`);
      const id = randomUUID();
      return put(store.appRoleAssignments, { id, principalId: principal.id, resourceId: graph.id, appRoleId });
    },
  };
}

export function newServicePrincipal(
  application: Pick<Application, 'appId' | 'properties'>,
  { tenantId, createdAt }: { tenantId: string; createdAt: number },
): ServicePrincipal {
  return {
    id: randomUUID(),
    appId: application.appId,
    createdAt,
    appOwnerOrganizationId: tenantId,
    servicePrincipalType: 'Application',
    servicePrincipalNames: [application.appId],
    appRoles: [],
    oauth2PermissionScopes: [],
    owners: new Set(),
    properties: { ...defaultServicePrincipalProperties(), displayName: displayNameOf(application) },
  };
}

export function firstPartyServicePrincipal(
  firstParty: FirstParty,
  cloud: CloudNames,
  createdAt: number,
): ServicePrincipal {
  const permissions = (named: FirstParty['scopes']) => Object.entries(named).map(([value, id]) => ({ id, value }));
  return {
    id: randomUUID(),
    appId: firstParty.appId,
    createdAt,
    appOwnerOrganizationId: microsoftServicesTenant,
    servicePrincipalType: 'Application',
    servicePrincipalNames: [firstParty.appId, ...firstParty.servicePrincipalNames(cloud)],
    appRoles: permissions(firstParty.appRoles),
    oauth2PermissionScopes: permissions(firstParty.scopes),
    owners: new Set(),
    properties: { ...defaultServicePrincipalProperties(), displayName: firstParty.displayName },
  };
}
