import { type PipelinePolicy, RestError } from '@azure/core-rest-pipeline';

/** Error code of an answer that is not read. */
export const TOO_LARGE = 'ERR_TOO_LARGE';

/** The largest answers that are read: one that is larger than memory would end the run of every cluster. */
export interface Bounds {
  readonly bytes: number;
  /** Objects, lists and what is in them: in memory, each may take twenty times what it takes in the answer. */
  readonly values: number;
}

const MB = 1024 * 1024;

/** No answer that this action needs is nearly as large. */
export const OF_A_SERVICE: Bounds = { bytes: 64 * MB, values: Number.POSITIVE_INFINITY };

/** A run has many of them at a time. Ten records of Helm are smaller. */
export const OF_A_CLUSTER: Bounds = { bytes: 16 * MB, values: 500_000 };

export const largerThan = (bytes: number) => `the answer is larger than ${bytes / MB} MB`;

/** Refuses an answer with more values before anything parses it. */
export const withFewValues = ({ values }: Bounds): PipelinePolicy => ({
  name: 'withFewValues',
  async sendRequest(request, next) {
    const response = await next(request);
    if (Number.isFinite(values) && valuesIn(response.bodyAsText ?? '') > values)
      throw new RestError(`the answer has more than ${values} values`, { code: TOO_LARGE, request });
    return response;
  },
});

/** Each but the first follows a comma or a bracket. */
function valuesIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === BRACKET || code === BRACE) count += 1;
  }
  return count;
}

const [COMMA, BRACKET, BRACE] = [',', '[', '{'].map((sign) => sign.charCodeAt(0));
