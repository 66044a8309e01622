import type { ChangeLine } from '../lib/change.ts';
import { dateIn, isRecord, listAt, parseJson, stringAt } from '../lib/json.ts';
import type { ClusterResult } from '../report/cluster-result.ts';
import type { FleetCluster } from './clusters.ts';

/**
 * @param outputs of the matrix: cN holds the `steps` entry of the job at slot N
 * @param overall the result of the matrix as a whole
 */
export function resultsOf(
  clusters: readonly FleetCluster[],
  outputs: unknown,
  overall: string,
): readonly ClusterResult[] {
  return clusters.map(({ slot, name, inputs }) => {
    const step = parseJson(stringAt(outputs, `c${slot}`) ?? '');
    const output = (key: string) => stringAt(step, 'outputs', key) ?? '';
    return {
      cluster: name,
      'resource-group': inputs['resource-group'] ?? '',
      'subscription-id': inputs['subscription-id'] ?? '',
      result: resultOf(stringAt(step, 'outcome'), overall),
      changed: truth(output('changed')),
      changes: listAt({ list: parseJson(output('changes')) }, 'list').filter(isChange),
      'secret-rotated': truth(output('secret-rotated')),
      'secret-expires-on': dateIn(output('secret-expires-on'))?.toISOString() ?? '',
      url: addressIn(output('url')),
      error: output('error'),
    };
  });
}

/** Outputs of jobs are text. */
const addressIn = (url: string) => (/^https?:/.test(url) && URL.canParse(url) ? url : '');

function truth(output: string): boolean | null {
  return output === '' ? null : output === 'true';
}

/** A matrix succeeds only if all of its jobs succeed. */
function resultOf(outcome: string | undefined, overall: string): ClusterResult['result'] {
  if (outcome === 'success' || outcome === 'failure') return outcome;
  return overall === 'success' ? 'success' : 'unknown';
}

function isChange(value: unknown): value is ChangeLine {
  return isRecord(value) && ['resource', 'action', 'detail'].every((key) => typeof value[key] === 'string');
}
