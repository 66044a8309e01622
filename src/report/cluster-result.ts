import type { Outcome } from '../context/outcome.ts';
import type { Inputs } from '../inputs/inputs.ts';
import type { ChangeLine } from '../lib/change.ts';
import { jsonLine } from '../lib/json.ts';
import type { Redact } from '../lib/masking.ts';
import { inertText } from '../lib/stdout.ts';
import { shortened } from '../lib/text.ts';
import { outputsOf } from './outputs.ts';

/** The result of one of many clusters, as in the output `results`. */
export interface ClusterResult {
  readonly cluster: string;
  readonly 'resource-group': string;
  readonly 'subscription-id': string;
  /** skipped: others had failed before. unknown: its job was cancelled, never started, or its outputs did not arrive. */
  readonly result: 'success' | 'failure' | 'skipped' | 'unknown';
  /** null: unknown, because it failed or its outputs did not arrive. */
  readonly changed: boolean | null;
  readonly changes: readonly ChangeLine[];
  readonly 'secret-rotated': boolean | null;
  readonly 'secret-expires-on': string;
  readonly url: string;
  /** As the action printed it. */
  readonly error: string;
}

export function notBegun({ clusterName, resourceGroup, subscriptionId, url }: Inputs): ClusterResult {
  return {
    cluster: clusterName,
    'resource-group': resourceGroup,
    'subscription-id': subscriptionId,
    result: 'skipped',
    changed: null,
    changes: [],
    'secret-rotated': null,
    'secret-expires-on': '',
    url,
    error: '',
  };
}

export function failed(inputs: Inputs, error: Error, redact: Redact): ClusterResult {
  return { ...notBegun(inputs), result: 'failure', error: printed(error, redact) };
}

/** An error as the action prints it. Secrets go first, because part of one could not be found after a cut. */
export const printed = ({ message }: Error, redact: Redact): string => inertText(redact(message));

export function succeeded(outcome: Outcome): ClusterResult {
  const outputs = outputsOf(outcome);
  return {
    ...notBegun(outcome.inputs),
    result: 'success',
    changed: outputs.changed === 'true',
    // A detail may come from outside, with characters that some readers take for line ends.
    changes: outcome.changes.map(({ resource, action, detail }) => ({ resource, action, detail: inertText(detail) })),
    'secret-rotated': outputs['secret-rotated'] === 'true',
    'secret-expires-on': outputs['secret-expires-on'],
  };
}

/** The id of the error, as documented. */
export const errorIdOf = ({ error }: ClusterResult) => /^([a-z-]+): /.exec(error)?.[1];

/** Whether any cluster was changed; null if no known one was and some are unknown. */
export function anyChanged(results: readonly ClusterResult[]): boolean | null {
  if (results.some(({ changed }) => changed)) return true;
  return results.every(({ changed }) => changed === false) ? false : null;
}

/** The earliest known expiry of a client secret; empty if none is known. */
export function earliestExpiry(results: readonly ClusterResult[]): string {
  const dates = results.map((result) => result['secret-expires-on']).filter((date) => date !== '');
  return dates.sort()[0] ?? '';
}

/** The part of an error that is kept if there is not enough room. */
export const briefError = (error: string): string => shortened(error, 300);

const briefly = (result: ClusterResult): ClusterResult => ({ ...result, changes: [], error: briefError(result.error) });

/** In characters. A cluster that takes more must not take the room of the others. */
const LARGEST_RESULT = 20_000;

/**
 * The results as JSON of at most `limit` characters. To make them fit, details of changes and the ends of errors are
 * dropped first, of the clusters with very many before all. Then whole clusters are, those without failure and change
 * first.
 */
export function resultsJson(results: readonly ClusterResult[], limit: number): string {
  const brief = results.map(briefly);
  const fair = results.map((result) => (jsonLine(result).length > LARGEST_RESULT ? briefly(result) : result));
  const fits = [results, fair].map(jsonLine).find((text) => text.length <= limit);
  if (fits !== undefined) return fits;
  const order = (result: ClusterResult) => (result.result !== 'success' ? 0 : result.changed ? 1 : 2);
  let left = limit - 2;
  const kept = new Set<string>();
  const entries = brief.map((result, index) => ({ text: jsonLine(result), rank: order(result), index }));
  for (const { text } of [...entries].sort((a, b) => a.rank - b.rank || a.index - b.index)) {
    left -= text.length + 1;
    if (left < 0) break;
    kept.add(text);
  }
  return `[${entries.flatMap(({ text }) => (kept.has(text) ? [text] : [])).join(',')}]`;
}
