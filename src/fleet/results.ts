import type { ChangeLine } from '../lib/change.ts';
import { dateIn, isRecord, listAt, parseJson, stringAt } from '../lib/json.ts';
import type { FleetCluster } from './clusters.ts';

/** Result of one cluster's job, as in the workflow's output `results`. */
export interface ClusterResult {
  readonly cluster: string;
  readonly 'resource-group': string;
  readonly 'subscription-id': string;
  /** unknown: the job was cancelled, lost its runner, never started, or its outputs did not arrive. */
  readonly result: 'success' | 'failure' | 'unknown';
  /** null: unknown, because the job failed or its outputs did not arrive. */
  readonly changed: boolean | null;
  readonly changes: readonly ChangeLine[];
  readonly 'secret-rotated': boolean | null;
  readonly 'secret-expires-on': string;
  readonly url: string;
  /** As the action printed it. */
  readonly error: string;
}

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

/** Jobs give their outputs by text. */
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

/** Whether any cluster was changed; null if no known one was and some are unknown. */
export function anyChanged(results: readonly ClusterResult[]): boolean | null {
  if (results.some(({ changed }) => changed)) return true;
  return results.every(({ changed }) => changed === false) ? false : null;
}

/** The earliest known expiry of a client secret; empty if none is known. */
export function earliestExpiry(results: readonly ClusterResult[]): string {
  return (
    results
      .map((result) => result['secret-expires-on'])
      .filter((date) => date !== '')
      .sort()[0] ?? ''
  );
}
