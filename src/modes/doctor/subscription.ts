import { observeSubscription, requireEnabled } from '../../azure/subscription.ts';
import { fix } from '../../lib/fix.ts';
import { type Check, from, NotChecked } from './check.ts';
import { SIGN_IN } from './entra.ts';
import type { Evidence } from './evidence.ts';

/** Whether Azure takes changes in the cluster's subscription. */
export function subscriptionCheck(evidence: Evidence): Check {
  return { title: 'Subscription', run: () => checkSubscription(evidence) };
}

async function checkSubscription({ caller, context: { arm, cluster } }: Evidence) {
  await from(SIGN_IN, caller);
  const subscription = await observeSubscription(arm, cluster.subscriptionId);
  if (!subscription) throw new NotChecked('the identity may not read the subscription');
  requireEnabled(subscription);
  const { name, state } = subscription;
  if (state === 'Enabled') return `${name} is enabled`;
  return {
    doubt: `${name} is in state ${state}: Azure still takes changes, and may disable it`,
    fix: fix`have its state looked at (portal, Subscriptions; often a payment is due)`,
  };
}
