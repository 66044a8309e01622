import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { anyChanged, type ClusterResult, earliestExpiry, resultsJson } from './cluster-result.ts';
import type { Markdown } from './markdown.ts';
import type { OutputName } from './outputs.ts';
import { type PageOptions, pageOf, SUMMARY_LIMIT, titleOf } from './page.ts';

/**
 * GitHub takes at most 1 MB of outputs from a job, counted in UTF-16: 524,288 characters. So these fit together.
 * https://docs.github.com/actions/how-tos/write-workflows/choose-what-workflows-do/pass-job-outputs
 */
const RESULTS_LIMIT = 350_000;

/**
 * The page is for an issue or a comment, where GitHub takes 65,536 characters, with a few lines of people's own. It gets
 * there as an environment variable, which Linux limits to 128 KiB.
 */
const PAGE_LIMIT = 60_000;

/** How many failed clusters the error names. */
const NAMED = 20;

/** What a run on many clusters shows to people and to later steps. */
export interface ManyReport {
  readonly outputs: Pick<Record<OutputName, string>, 'results' | 'page' | 'changed' | 'secret-expires-on'>;
  readonly summary: Markdown;
  readonly closing: string;
  readonly failure: ActionError | undefined;
}

export function reportOfMany(results: readonly ClusterResult[], options: Omit<PageOptions, 'limit'>): ManyReport {
  const summary = pageOf(results, { ...options, limit: SUMMARY_LIMIT });
  return {
    outputs: {
      results: resultsJson(results, RESULTS_LIMIT),
      page: pageOf(results, { ...options, limit: PAGE_LIMIT }).render(options.redact),
      changed: String(anyChanged(results) ?? ''),
      'secret-expires-on': earliestExpiry(results),
    },
    summary,
    closing: titleOf(results, options.mode),
    failure: failureOf(results),
  };
}

function failureOf(results: readonly ClusterResult[]): ActionError | undefined {
  const failures = results.filter(({ result }) => result === 'failure');
  if (failures.length === 0) return undefined;
  const more = failures.length - NAMED;
  const lines = failures
    .slice(0, NAMED)
    .map((one) => `\n  - ${one.cluster} in ${one['resource-group']}: ${firstSentence(one.error)}`);
  return new ActionError({
    id: 'clusters-failed',
    what: `${failures.length} of ${results.length} clusters failed`,
    why: [...lines, ...(more > 0 ? [`\n  - and ${more} more`] : [])].join(''),
    fix: fix`fix each as the summary says, then run the job again; it skips what needs no change.`,
  });
}

/** The id, and what failed. */
const firstSentence = (error: string) => (/^[a-z-]+: [\s\S]*?[.!?:](?=\s)/.exec(error)?.[0] ?? error).slice(0, 300);
