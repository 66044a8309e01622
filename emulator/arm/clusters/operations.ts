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

/** The URL carries a certificate and a signature, kilobytes of them. */
const SIGNED_QUERY = `api-version=2025-03-01&t=638949791119540593&c=${'c'.repeat(2048)}&s=${'s'.repeat(342)}&h=${'h'.repeat(43)}`;

/** What AKS calls the steps of an operation, since 2025. */
const STEPS = [
  'ProvisioningControlPlane',
  'ReconcilingDNS',
  'CreatingAgentPools: 0/1 nodes completed',
  'ReconcilingAddons',
];

export function operationHeaders({ directory, subscriptionId }: Call, { model, operation }: ClusterRecord) {
  const provider = `/subscriptions/${subscriptionId}/providers/Microsoft.ContainerService`;
  const path = `${provider}/locations/${text(model, 'location')}/operations/${operation?.id}`;
  return { 'azure-asyncoperation': `https://${directory.cloud.resourceManager}${path}?${SIGNED_QUERY}` };
}

export function answerOperation({ state, path, clock }: Call): Answer {
  const id = path['operation'] ?? '';
  for (const record of state.clusters.values()) {
    const { operation } = record;
    if (operation?.id !== id) continue;
    state.completeIfDue(record);
    const { startedAt, endsAt, failure, done } = operation;
    const step = Math.floor((STEPS.length * (clock.now() - startedAt)) / Math.max(1, endsAt - startedAt));
    const status = !done ? (STEPS[step] ?? 'ReconcilingAddons') : failure ? 'Failed' : 'Succeeded';
    return {
      status: 200,
      body: {
        name: id,
        status,
        startTime: new Date(startedAt).toISOString(),
        ...(done && { endTime: new Date(endsAt).toISOString() }),
        ...(done && failure && { error: failure }),
      },
    };
  }
  throw new ArmError(404, 'NotFound', `Operation ${id} was not found.`);
}
