import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import { parseJson, stringAt } from '../lib/json.ts';

const LONGEST = 120;

/**
 * What AKS says about the operation in progress: since 2025 in words, such as `CreatingAgentPools: 0/1 nodes
 * completed`.
 */
export interface OperationStatus {
  text: string;
}

/** The SDK keeps only whether the operation still runs. */
export function operationStatusPolicy(status: OperationStatus): PipelinePolicy {
  return {
    name: 'operationStatus',
    async sendRequest(request, next) {
      const response = await next(request);
      if (request.method === 'GET' && /\/operations\/[^/]+$/.test(new URL(request.url).pathname))
        status.text = (stringAt(parseJson(response.bodyAsText ?? ''), 'status') ?? '').slice(0, LONGEST);
      return response;
    },
  };
}
