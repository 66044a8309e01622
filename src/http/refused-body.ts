import type { PipelinePolicy, PipelineRequest, RestError } from '@azure/core-rest-pipeline';
import { parseJson } from '../lib/json.ts';

const bodies = new WeakMap<PipelineRequest, string>();

/** Keeps the body of a refusal: for some, the Azure SDK passes on only code and message. */
export const keepRefusedBody: PipelinePolicy = {
  name: 'keepRefusedBody',
  async sendRequest(request, next) {
    const response = await next(request);
    if (response.status >= 400 && typeof response.bodyAsText === 'string')
      bodies.set(response.request, response.bodyAsText);
    return response;
  },
};

/** @returns undefined if there was none, or if it is not JSON */
export function refusedBody({ request }: RestError): unknown {
  const text = request && bodies.get(request);
  return text === undefined ? undefined : parseJson(text);
}
