import { type PipelinePolicy, RestError } from '@azure/core-rest-pipeline';
import { parseJson } from '../lib/json.ts';

/** Error code of an answer that is not what its headers say. */
export const UNREADABLE = 'ERR_UNREADABLE';

/**
 * Refuses an answer that is cut, or changed on the way. A parser would quote it in its error, and what it holds may be a
 * secret that nobody has seen before.
 * @param unsaid what a client takes an answer for that does not say its type
 */
export const readable = (unsaid: 'json' | 'text'): PipelinePolicy => ({
  name: 'readable',
  async sendRequest(request, next) {
    const response = await next(request);
    const { status, headers, bodyAsText } = response;
    const isJson = /^[^;]*\bjson\b/i.test(headers.get('content-type') ?? unsaid);
    if (status < 300 && isJson && bodyAsText?.trim() && parseJson(bodyAsText) === undefined)
      throw new RestError(`it answered ${status} with text that is not JSON`, { code: UNREADABLE, request });
    return response;
  },
});
