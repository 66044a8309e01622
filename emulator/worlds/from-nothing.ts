import type { World } from './standard.ts';

/** Takes away all that the standard world has in Azure; the identity may make all of it, as the README grants it. */
export function emptySubscription({ emulator: { arm }, deployer, subscriptionId }: World): void {
  for (const made of [arm.clusters, arm.vaults, arm.resourceGroups, arm.assignments.all]) made.clear();
  for (const role of ['Contributor', 'Role Based Access Control Administrator'])
    arm.assignments.assign(deployer.principal.id, role, `/subscriptions/${subscriptionId}`);
}
