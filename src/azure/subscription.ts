import { path } from '../lib/api-path.ts';
import { ActionError } from '../lib/errors.ts';
import { stringAt } from '../lib/json.ts';
import { type Arm, ifVisible } from './arm.ts';
import { ENABLE_SUBSCRIPTION } from './arm-error.ts';

export interface Subscription {
  readonly id: string;
  readonly name: string;
  /** Enabled, PastDue, Warned, Disabled, Deleted or Expired. */
  readonly state: string;
}

/** @returns undefined if the identity may not read it */
export async function observeSubscription(arm: Arm, id: string): Promise<Subscription | undefined> {
  const scope = `/subscriptions/${id}`;
  const found = await ifVisible(() =>
    arm.find({
      doing: 'Reading the subscription',
      provider: 'Microsoft.Resources/subscriptions',
      path: path`/subscriptions/${id}`,
      scope,
      role: 'Reader',
    }),
  );
  return found && { id, name: stringAt(found, 'displayName') ?? id, state: stringAt(found, 'state') ?? 'Enabled' };
}

/** Those in which the identity has any role. */
export async function observeSubscriptionNames(arm: Arm): Promise<readonly string[]> {
  const all = await arm.list({
    doing: 'Listing the subscriptions',
    provider: 'Microsoft.Resources/subscriptions',
    path: path`/subscriptions`,
    scope: '/subscriptions/SUBSCRIPTION_ID',
    role: 'Reader',
  });
  return all.map((found) => stringAt(found, 'displayName') ?? stringAt(found, 'subscriptionId') ?? '');
}

/** The states in which Azure takes no change; past due, it still does.
 * https://learn.microsoft.com/azure/cost-management-billing/manage/subscription-states */
const READ_ONLY = /^(Warned|Disabled|Deleted|Expired)$/i;

/** @throws ActionError subscription-disabled */
export function requireEnabled({ id, name, state }: Subscription): void {
  if (!READ_ONLY.test(state)) return;
  throw new ActionError({
    id: 'subscription-disabled',
    what: `Subscription ${name} (${id}) accepts no changes`,
    why: `Its state is ${state}`,
    fix: ENABLE_SUBSCRIPTION,
  });
}
