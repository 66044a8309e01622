import type { JsonObject } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { ArmError } from '../request/errors.ts';
import { REGIONS } from '../request/regions.ts';
import { isWithin } from '../state/assignments.ts';

/** Those that the caller holds any role in. https://learn.microsoft.com/rest/api/resources/subscriptions */
export function answerSubscription(call: Call): Answer {
  const { state, caller, tenantId, subscriptionId } = call;
  const holders = [caller.objectId, ...call.directory.groupsOf(caller.objectId)];
  const visible = [...state.subscriptions.keys()].filter((id) =>
    [...state.assignments.all.values()].some(
      ({ principalId, scope }) => holders.includes(principalId) && isWithin(scope, `/subscriptions/${id}`),
    ),
  );
  const models = visible.map(
    (id): JsonObject => ({
      ...model(id, state.subscriptions.get(id) ?? '', tenantId),
      state: state.governance.subscriptions.get(id) ?? 'Enabled',
    }),
  );
  if (subscriptionId === '')
    return { status: 200, body: { value: models, count: { type: 'Total', value: models.length } } };
  const found = models.find((subscription) => subscription['subscriptionId'] === subscriptionId.toLowerCase());
  if (found) return { status: 200, body: found };
  throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${subscriptionId}' could not be found.`);
}

export function answerLocations({ subscriptionId }: Call): Answer {
  const value = Object.entries(REGIONS).map(([name, displayName]) => ({
    id: `/subscriptions/${subscriptionId}/locations/${name}`,
    name,
    type: 'Region',
    displayName,
    regionalDisplayName: displayName,
  }));
  return { status: 200, body: { value } };
}

function model(id: string, displayName: string, tenantId: string): JsonObject {
  return {
    id: `/subscriptions/${id}`,
    authorizationSource: 'RoleBased',
    managedByTenants: [],
    subscriptionId: id,
    tenantId,
    displayName,
    subscriptionPolicies: {
      locationPlacementId: 'Public_2014-09-01',
      quotaId: 'PayAsYouGo_2014-09-01',
      spendingLimit: 'Off',
    },
  };
}
