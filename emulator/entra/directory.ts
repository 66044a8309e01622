import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { CloudNames } from '../lib/clouds.ts';
import type { DirectoryState, Tenant } from './directory-state.ts';
import type {
  Application,
  AppRoleAssignment,
  Group,
  OAuth2PermissionGrant,
  ServicePrincipal,
  User,
} from './objects.ts';
import { createSeeds, type Seeds } from './seeds.ts';
import { aksServer, keyVault, microsoftGraph, resourceManager } from './well-known.ts';

/** One Entra tenant: its data, and queries on it. */
export interface Directory extends DirectoryState, Seeds {
  /** Whether the object is old enough to have reached every replica. */
  isReplicated(object: { readonly createdAt: number }): boolean;
  now(): number;
  /** 0, 1, 2, … for each name: for what Entra answers now in one way and now in another. */
  turn(name: string): number;
  /** The application with the appId (client ID), unless it is deleted; replicated or not. */
  application(appId: string): Application | undefined;
  servicePrincipal(appId: string): ServicePrincipal | undefined;
  /** Object IDs of the groups that contain the principal, directly or through other groups. */
  groupsOf(principalId: string): readonly string[];
  /** Names of the app roles that the principal has on the resource. */
  rolesOf(principalId: string, resource: ServicePrincipal): readonly string[];
  /** Deletes the application, its service principal, and the grants to that. */
  deleteApplication(application: Application): void;
  deleteServicePrincipal(servicePrincipal: ServicePrincipal): void;
}

interface DirectoryParts {
  readonly clock: Clock;
  readonly cloud: CloudNames;
  readonly tenant: Tenant;
}

export function createDirectory({ clock, cloud, tenant }: DirectoryParts): Directory {
  const state = {
    cloud,
    tenant,
    settings: {
      replicationLag: 0,
      passwordLag: 0,
      federationLag: 0,
      passwordLimit: 20,
      listLag: 0,
      collisionWindow: 0,
      upsertMakesOwner: false,
      upsertBindsOwners: true,
      grantsRefusedThoughWritten: false,
      blockedByPolicy: new Set<string>(),
      accessTokenSeconds: 3599,
    },
    policy: { id: randomUUID(), passwordAddition: 'allowed' as const },
    applications: new Map<string, Application>(),
    servicePrincipals: new Map<string, ServicePrincipal>(),
    groups: new Map<string, Group>(),
    users: new Map<string, User>(),
    appRoleAssignments: new Map<string, AppRoleAssignment>(),
    oauth2PermissionGrants: new Map<string, OAuth2PermissionGrant>(),
  };
  const deleteServicePrincipal = (servicePrincipal: ServicePrincipal) => {
    state.servicePrincipals.delete(servicePrincipal.id);
    for (const grant of state.oauth2PermissionGrants.values())
      if (grant.clientId === servicePrincipal.id || grant.resourceId === servicePrincipal.id)
        state.oauth2PermissionGrants.delete(grant.id);
    for (const assignment of state.appRoleAssignments.values())
      if (assignment.principalId === servicePrincipal.id || assignment.resourceId === servicePrincipal.id)
        state.appRoleAssignments.delete(assignment.id);
  };
  const servicePrincipal = (appId: string) => find(state.servicePrincipals, (entry) => entry.appId === appId);
  const turns = new Map<string, number>();
  const directory: Directory = {
    ...state,
    now: () => clock.now(),
    turn: (name) => {
      const turn = turns.get(name) ?? 0;
      turns.set(name, turn + 1);
      return turn;
    },
    ...createSeeds(state, clock),
    isReplicated: (object) => clock.now() >= object.createdAt + state.settings.replicationLag,
    application: (appId) => find(state.applications, (entry) => entry.appId === appId && entry.deletedAt === undefined),
    servicePrincipal,
    groupsOf: (principalId) => membershipsOf(state.groups, principalId),
    rolesOf: (principalId, resource) =>
      [...state.appRoleAssignments.values()]
        .filter((entry) => entry.principalId === principalId && entry.resourceId === resource.id)
        .flatMap((entry) => resource.appRoles.find((role) => role.id === entry.appRoleId)?.value ?? []),
    deleteApplication: (application) => {
      application.deletedAt = clock.now();
      const own = servicePrincipal(application.appId);
      if (own) deleteServicePrincipal(own);
    },
    deleteServicePrincipal,
  };
  for (const firstParty of [microsoftGraph, aksServer, resourceManager, keyVault]) directory.addFirstParty(firstParty);
  return directory;
}

function find<T>(entries: ReadonlyMap<string, T>, matches: (entry: T) => boolean): T | undefined {
  return [...entries.values()].find(matches);
}

function membershipsOf(groups: ReadonlyMap<string, Group>, principalId: string): readonly string[] {
  const found = new Set<string>();
  const visit = (memberId: string) => {
    for (const group of groups.values()) {
      if (!group.members.has(memberId) || found.has(group.id)) continue;
      found.add(group.id);
      visit(group.id);
    }
  };
  visit(principalId);
  return [...found];
}
