import type { World } from './standard.ts';

/** Removes everything in Azure from the standard world, and grants the identity the README's roles to create it. */
export function emptySubscription({ emulator: { arm }, deployer, subscriptionId }: World): void {
  for (const made of [arm.clusters, arm.vaults, arm.resourceGroups, arm.assignments.all]) made.clear();
  for (const role of ['Contributor', 'Role Based Access Control Administrator'])
    arm.assignments.assign(deployer.principal.id, role, `/subscriptions/${subscriptionId}`);
}
