import type { Scenario } from './scenario.ts';

export const SECRET = 'headlamp-aks-demo-client-secret';
export const OFFICER = 'Key Vault Secrets Officer';
export const USER_ROLE = 'Azure Kubernetes Service Cluster User Role';
export const DEPLOYER = 'Headlamp AKS Entra deployer';
export const RUN_COMMAND = 'Headlamp AKS Entra run-command';
export const ASSIGNER = 'Role Based Access Control Administrator';
export const RBAC_READER = 'Azure Kubernetes Service RBAC Reader';

/** Takes all Azure roles away from the deploying identity, and grants these on the cluster, and one on the secret. */
export function grantOnly({ emulator, deployer, clusterId, vault }: Scenario, roles: readonly string[]): void {
  const { id } = deployer.principal;
  emulator.arm.assignments.all.clear();
  for (const role of roles) emulator.arm.assignments.assign(id, role, clusterId);
  emulator.arm.assignments.assign(id, OFFICER, `${vault.id}/secrets/${SECRET}`);
}
