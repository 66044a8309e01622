import { randomUUID } from 'node:crypto';
import type { RoleDefinition } from '../arm/state/role-definition.ts';
import type { Emulator } from '../emulator.ts';

const CLUSTERS = 'Microsoft.ContainerService/managedClusters';

/** The custom roles that scripts/bootstrap.sh creates, with exactly the actions that the action uses. */
export const CUSTOM_ROLES = {
  'Headlamp AKS Entra deployer': [
    `${CLUSTERS}/read`,
    `${CLUSTERS}/write`,
    `${CLUSTERS}/agentPools/read`,
    'Microsoft.Authorization/permissions/read',
    'Microsoft.Authorization/locks/read',
  ],
  'Headlamp AKS Entra run-command': [`${CLUSTERS}/runcommand/action`, `${CLUSTERS}/commandResults/read`],
} as const;

export function addCustomRoles({ arm }: Emulator, subscriptionId: string): void {
  for (const [name, actions] of Object.entries(CUSTOM_ROLES)) {
    const custom = { description: name, assignableScopes: [`/subscriptions/${subscriptionId}`] };
    const role: RoleDefinition = { id: randomUUID(), actions, dataActions: [], custom };
    arm.roles.all.set(name, role);
  }
}

/** Limits the assignment of roles to these roles, for these principals. */
export function delegationCondition(roleIds: readonly string[], principalIds: readonly string[]): string {
  const assignments = 'Microsoft.Authorization/roleAssignments';
  const limits = (source: 'Request' | 'Resource') =>
    [
      `@${source}[${assignments}:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roleIds.join(', ')}}`,
      `@${source}[${assignments}:PrincipalId] ForAnyOfAnyValues:GuidEquals {${principalIds.join(', ')}}`,
    ].join(' AND ');
  const limit = (verb: string, source: 'Request' | 'Resource') =>
    `((!(ActionMatches{'${assignments}/${verb}'})) OR (${limits(source)}))`;
  return `${limit('write', 'Request')} AND ${limit('delete', 'Resource')}`;
}
