import { delegationCondition } from './grants.ts';
import type { World } from './standard.ts';

/** Removes everything in Azure from the standard world, and grants the identity what
 * docs/from-nothing.md grants to create it. */
export function emptySubscription({ emulator: { arm }, deployer, subscriptionId }: World): void {
  for (const made of [arm.clusters, arm.vaults, arm.resourceGroups, arm.assignments.all]) made.clear();
  const { id } = deployer.principal;
  const subscription = `/subscriptions/${subscriptionId}`;
  arm.assignments.assign(id, 'Contributor', subscription);
  const condition = delegationCondition([arm.roles.named('Key Vault Secrets Officer').id], [id]);
  arm.assignments.assign(id, 'Role Based Access Control Administrator', subscription, condition);
}
