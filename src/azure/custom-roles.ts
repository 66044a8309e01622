const CLUSTERS = 'Microsoft.ContainerService/managedClusters';

export const READ_POOLS = `${CLUSTERS}/agentPools/read`;
export const WRITE_CLUSTER = `${CLUSTERS}/write`;

/** The custom roles that scripts/bootstrap.sh creates: exactly the actions that the action uses. A test compares them. */
export const CUSTOM_ROLES = {
  'Headlamp AKS Entra deployer': [
    'Microsoft.Authorization/locks/read',
    'Microsoft.Authorization/permissions/read',
    READ_POOLS,
    `${CLUSTERS}/read`,
    WRITE_CLUSTER,
  ],
  'Headlamp AKS Entra run-command': [`${CLUSTERS}/commandResults/read`, `${CLUSTERS}/runcommand/action`],
} as const;
