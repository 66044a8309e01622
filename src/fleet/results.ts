import { DEFAULTS } from '../inputs/defaults.ts';
import type { ChangeLine } from '../lib/change.ts';
import { at, dateIn, isRecord, jsonLine, listAt, parseJson, stringAt } from '../lib/json.ts';
import { briefError, type ClusterResult } from '../report/cluster-result.ts';
import type { FleetCluster, Given } from './clusters.ts';
import type { FleetJob } from './jobs.ts';
import { hide, show } from './placeholders.ts';

/** How a run ended on a cluster, as far as the report has not got it from elsewhere. */
export type Ending = Pick<
  ClusterResult,
  'result' | 'changed' | 'changes' | 'secret-rotated' | 'secret-expires-on' | 'error'
>;

/** A step takes at most 128 KiB of an input, and some 2 MB of all: both are environment variables. */
const OF_ONE_JOB = 120_000;
const OF_ALL_JOBS = 1_000_000;

/** What is left out of a result that is too long: details first, then changes, then all but how it ended. */
const SHORTER: readonly ((ending: Ending) => Partial<Ending>)[] = [
  (ending) => ending,
  (ending) => ({ ...excerpt(ending), changes: ending.changes.map((change) => ({ ...change, detail: '' })) }),
  (ending) => ({ ...excerpt(ending), changes: summed(ending.changes) }),
  ({ result }) => ({ result }),
];

/**
 * What a job hands to the report: how it ended on each of its clusters, in their order, short enough for all jobs.
 * @param of how many jobs there are
 */
export function handOn(endings: readonly Ending[], { clusters }: FleetJob, of: number): string {
  const limit = Math.min(OF_ONE_JOB, Math.floor(OF_ALL_JOBS / of));
  const hidden = endings.map((ending, index) => hideIn(ending, clusters[index]?.inputs ?? {}));
  const whole = jsonLine(hidden.map(withoutEmpty));
  if (Buffer.byteLength(whole) <= limit) return whole;
  // Each in its share: what a cluster says must not take the room of the others.
  const share = Math.floor((limit - 1) / endings.length) - 1;
  const fair = `[${hidden.map((ending) => within(share, ending)).join(',')}]`;
  return Buffer.byteLength(fair) <= limit ? fair : '';
}

function within(share: number, ending: Ending): string {
  const [last = '', ...longer] = SHORTER.map((shorten) => jsonLine(withoutEmpty(shorten(ending)))).reverse();
  return longer.reverse().find((text) => Buffer.byteLength(text) <= share) ?? last;
}

/** Nothing but what the report does not know by itself. */
function hideIn({ result, changed, changes, error, ...secret }: Ending, given: Given): Ending {
  return {
    result,
    changed,
    changes: changes.map(({ resource, action, detail }) => ({ resource, action, detail: hide(detail, given) })),
    'secret-rotated': secret['secret-rotated'],
    'secret-expires-on': secret['secret-expires-on'],
    error: hide(error, given),
  };
}

const excerpt = (ending: Ending): Ending => ({ ...ending, error: briefError(ending.error) });

function summed([first, ...others]: readonly ChangeLine[]): readonly ChangeLine[] {
  if (first === undefined) return [];
  return [{ ...first, detail: others.length === 0 ? '' : `and ${others.length} more, see its job` }];
}

function withoutEmpty(ending: Partial<Ending>): Partial<Ending> {
  return Object.fromEntries(
    Object.entries(ending).filter(([, value]) => value && !(Array.isArray(value) && value.length === 0)),
  );
}

/**
 * @param outputs of the matrix: what each job handed on, by its slot
 * @param overall the result of the matrix as a whole
 */
export function resultsOf(
  jobs: readonly FleetJob[],
  outputs: (slot: number) => string,
  overall: string,
): readonly ClusterResult[] {
  return jobs.flatMap(({ slot, clusters }) => {
    const endings = listAt({ list: parseJson(outputs(slot)) }, 'list');
    return clusters.map((cluster, index) => resultOf(cluster, endings[index], overall));
  });
}

function resultOf({ inputs }: FleetCluster, ending: unknown, overall: string): ClusterResult {
  const result = resultIn(stringAt(ending, 'result'), overall);
  const known = isRecord(ending) && result === 'success';
  const truth = (name: string) => (known ? at(ending, name) === true : null);
  return {
    cluster: inputs['cluster-name'] ?? '',
    'resource-group': inputs['resource-group'] ?? '',
    'subscription-id': inputs['subscription-id'] ?? '',
    result,
    changed: truth('changed'),
    changes: listAt(ending, 'changes')
      .filter(isChange)
      .map((change) => ({ ...change, detail: show(change.detail, inputs) })),
    'secret-rotated': truth('secret-rotated'),
    'secret-expires-on': dateIn(stringAt(ending, 'secret-expires-on'))?.toISOString() ?? '',
    url: known ? addressIn(inputs['url'] || DEFAULTS.url) : '',
    error: show(stringAt(ending, 'error') ?? '', inputs),
  };
}

const addressIn = (url: string) => (/^https?:/.test(url) && URL.canParse(url) ? url.replace(/\/+$/, '') : '');

/** A matrix succeeds only if all of its jobs succeed. */
function resultIn(result: string | undefined, overall: string): ClusterResult['result'] {
  if (result === 'success' || result === 'failure' || result === 'skipped') return result;
  return overall === 'success' ? 'success' : 'unknown';
}

function isChange(value: unknown): value is ChangeLine {
  return isRecord(value) && ['resource', 'action', 'detail'].every((key) => typeof value[key] === 'string');
}
