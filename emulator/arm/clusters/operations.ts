import { randomUUID } from 'node:crypto';
import { type JsonObject, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import type { Call } from '../request/call.ts';
import { ArmError } from '../request/errors.ts';
import type { ClusterRecord, Operation } from '../state/cluster-record.ts';

export function startOperation({ state, clock }: Call, result: JsonObject): Operation {
  const { operationDuration, nextFailure } = state.settings;
  state.settings.nextFailure = undefined;
  return {
    id: randomUUID(),
    startedAt: clock.now(),
    endsAt: clock.now() + operationDuration,
    result,
    done: false,
    ...(nextFailure && { failure: nextFailure }),
  };
}

export function operationHeaders({ directory, subscriptionId }: Call, { model, operation }: ClusterRecord) {
  const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService`;
  const path = `${provider}/locations/${text(model, 'location')}/operations/${operation?.id}`;
  return { 'azure-asyncoperation': `https://${directory.cloud.resourceManager}${path}?api-version=2017-08-31` };
}

export function answerOperation({ state, path }: Call): Answer {
  const id = path['operation'] ?? '';
  for (const record of state.clusters.values()) {
    const { operation } = record;
    if (operation?.id !== id) continue;
    state.completeIfDue(record);
    const { startedAt, failure, done } = operation;
    const status = !done ? 'InProgress' : failure ? 'Failed' : 'Succeeded';
    return {
      status: 200,
      headers: done ? {} : { 'retry-after': '1' },
      body: {
        name: id,
        status,
        startTime: new Date(startedAt).toISOString(),
        ...(done && failure && { error: failure }),
      },
    };
  }
  throw new ArmError(404, 'NotFound', `Operation ${id} was not found.`);
}
