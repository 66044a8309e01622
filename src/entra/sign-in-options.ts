import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { Cloud } from '../azure/cloud.ts';
import type { Transport } from '../http/transport.ts';
import { messageOf } from '../lib/errors.ts';

/** Options for a credential of the SDK, which hides why Entra gives no answer; `explained` adds that as the cause. */
export function signInOptions(cloud: Cloud, transport: Transport) {
  let failure: unknown;
  const remember: PipelinePolicy = {
    name: 'remember',
    async sendRequest(request, next) {
      failure = undefined;
      try {
        return await next(request);
      } catch (error) {
        failure = error;
        throw error;
      }
    },
  };
  const { additionalPolicies, ...options } = transport.clientOptions(...cloud.signInOrigins);
  return {
    options: {
      authorityHost: cloud.authority,
      disableInstanceDiscovery: true,
      ...options,
      additionalPolicies: [...additionalPolicies, { policy: remember, position: 'perCall' as const }],
    },
    explained: (error: unknown): Error => new Error(messageOf(error), { cause: failure }),
  };
}
