import type { Redact } from '../lib/masking.ts';
import { counted } from '../lib/text.ts';
import { briefError, type ClusterResult, errorIdOf } from './cluster-result.ts';
import { type Documentation, sectionAbout } from './documentation.ts';
import { ICON } from './icon.ts';
import {
  address,
  changeTable,
  day,
  daysUntil,
  lines,
  Markdown,
  maybeLink,
  md,
  row,
  sections,
  table,
} from './markdown.ts';
import { howToFix, prose } from './prose.ts';

export interface PageOptions {
  readonly documentation: Documentation;
  readonly mode: string;
  readonly now: Date;
  readonly redact: Redact;
  /** Most bytes of the page, in UTF-8. No limit of GitHub or Linux counts a text as longer than that. */
  readonly limit: number;
}

/** GitHub takes at most 1 MiB for the summary of a step, but people have to read it. */
export const SUMMARY_LIMIT = 300_000;

/** Parts of the page that may grow with the number of clusters, each with its share of the page. */
const SHARES = { errors: 0.35, rows: 0.5, changes: 0.1 } as const;

/**
 * One page for many clusters: what failed, with its fix, then a table of all, then what changed. What does not fit is
 * left out and counted; the table has failed and changed clusters first.
 */
export function pageOf(results: readonly ClusterResult[], options: PageOptions): Markdown {
  const { mode, limit, redact } = options;
  const verb = mode === 'plan' ? 'planned' : 'made';
  const failures = results.filter(({ error }) => error !== '');
  const changed = results.filter(({ changes }) => changes.length > 0);
  return sections(
    md`## ${iconOf(results, mode)} ${titleOf(results, mode)}`,
    missing(results, options.documentation),
    fitting(
      failures.map((failure) => [
        errorOf(failure, options.documentation),
        errorOf(failure, options.documentation, briefError),
      ]),
      { limit: limit * SHARES.errors, redact, separator: '\n\n' },
    ),
    failures.length === 0 ? undefined : md`### All clusters`,
    tableOf(results, verb, { ...options, limit: limit * SHARES.rows }),
    fitting(
      changed.map(({ cluster, changes }) => [
        details(`${cluster}: ${counted(changes.length, 'change')} ${verb}`, changeTable(changes)),
      ]),
      { limit: limit * SHARES.changes, redact, separator: '\n\n' },
    ),
  );
}

/** Only jobs of a matrix get lost. */
function missing(results: readonly ClusterResult[], documentation: Documentation): Markdown | undefined {
  const lost = results.filter((result) => result.result === 'unknown' || isUntold(result)).length;
  if (lost === 0) return undefined;
  const why = maybeLink('outputs-missing', sectionAbout(documentation, 'outputs-missing'));
  return md`${counted(lost, 'cluster')} without a result or details here: a job was cancelled or did not start, or GitHub dropped its output, as it does with a value that is masked in the job (${why}). The log and the summary of the job have all.`;
}

/** @param shown what is shown of the cause, and of the fix */
function errorOf(result: ClusterResult, documentation: Documentation, shown = (text: string) => text): Markdown {
  const { error } = result;
  const id = errorIdOf(result);
  // The last one: mode doctor puts the fixes of its checks before it.
  const end = error.lastIndexOf(FIX);
  const cause = error.slice(id === undefined ? 0 : id.length + 1, end === -1 ? undefined : end);
  return sections(
    md`### ${ICON.failed} ${result.cluster} in ${result['resource-group']}`,
    id === undefined ? undefined : md`**${maybeLink(id, sectionAbout(documentation, id))}**`,
    prose(shown(cause)),
    end === -1 ? undefined : howToFix(shown(error.slice(end + FIX.length))),
  );
}

/** As an ActionError begins its fix. */
const FIX = ' Fix: ';

/** In the order of the list, unless some have to be left out. */
function tableOf(results: readonly ClusterResult[], verb: string, options: PageOptions): Markdown {
  const { now, limit, documentation, redact } = options;
  const head = ['Cluster', 'Result', `Changes ${verb}`, 'Client secret expires', 'Open at'];
  const rowOf = (result: ClusterResult) => [
    md`**${result.cluster}**<br>${result['resource-group']}`,
    verdict(result, documentation),
    result.changed === null ? '' : String(result.changes.length),
    expiry(result, now),
    result.url === '' ? '' : address(result.url),
  ];
  const whole = table(head, results.map(rowOf));
  if (bytesOf(whole, redact) <= limit) return whole;
  const rank = (result: ClusterResult) => (result.result !== 'success' ? 0 : result.changes.length > 0 ? 1 : 2);
  const rows = [...results].sort((a, b) => rank(a) - rank(b)).map((result): Part => [row(rowOf(result))]);
  return lines([table(head, []), fitting(rows, { limit: limit - 200, redact, separator: '\n' })]);
}

interface Room extends Pick<PageOptions, 'limit' | 'redact'> {
  readonly separator: string;
}

/** A part of a page, and what stands for it if it alone takes more than half of the room for all. */
type Part = readonly [whole: Markdown, brief?: Markdown];

/** As many as fit, and how many are left out. */
function fitting(parts: readonly Part[], { limit, redact, separator }: Room): Markdown {
  const shown: Markdown[] = [];
  let room = limit;
  for (const [whole, brief] of parts) {
    const part = brief !== undefined && bytesOf(whole, redact) > limit / 2 ? brief : whole;
    const bytes = bytesOf(part, redact) + separator.length;
    // One that is larger than all the room does not hide those after it.
    if (bytes > limit) continue;
    room -= bytes;
    if (room < 0) break;
    shown.push(part);
  }
  const left = parts.length - shown.length;
  return Markdown.join(
    left === 0 ? shown : [...shown, md`\n… and ${left} more; the log lists all of them.`],
    separator,
  );
}

const bytesOf = (part: Markdown, redact: Redact) => Buffer.byteLength(part.render(redact));

function iconOf(results: readonly ClusterResult[], mode: string): Markdown {
  if (results.some(({ result }) => result === 'failure')) return ICON.failed;
  if (results.some((one) => one.result !== 'success' || isUntold(one))) return ICON.unknown;
  return mode === 'plan' ? ICON.planned : ICON.done;
}

export const titleOf = (results: readonly ClusterResult[], mode: string) =>
  `Headlamp on ${counted(results.length, 'cluster')}: ${headline(results, mode)}`;

function headline(results: readonly ClusterResult[], mode: string): string {
  const number = (of: (result: ClusterResult) => boolean) => results.filter(of).length;
  const parts: readonly (readonly [number, string])[] = [
    [number(({ result }) => result === 'failure'), 'failed'],
    [number(({ result }) => result === 'skipped'), 'not started'],
    [number(({ result }) => result === 'unknown'), 'without a result'],
    [number(isUntold), 'without details'],
    [number(({ changes }) => changes.length > 0), mode === 'plan' ? 'would change' : 'changed'],
    [number((result) => result['secret-rotated'] === true), 'with a new client secret'],
  ];
  const told = parts.filter(([amount]) => amount > 0).map(([amount, what]) => `${amount} ${what}`);
  if (told.length > 0) return told.join(', ');
  return mode === 'doctor' ? 'ready to deploy' : 'nothing to change';
}

function verdict(cluster: ClusterResult, documentation: Documentation): Markdown {
  const { result, 'secret-rotated': rotated } = cluster;
  if (result === 'unknown') return md`${ICON.unknown} no result, see its job`;
  if (result === 'skipped') return md`${ICON.skipped} not started, because others failed`;
  if (isUntold(cluster)) return md`${ICON.done} no details, see its job`;
  if (result === 'success') return rotated ? md`${ICON.done} new client secret` : ICON.done;
  const id = errorIdOf(cluster);
  return id === undefined
    ? md`${ICON.failed} failed, see its job`
    : md`${ICON.failed} ${maybeLink(id, sectionAbout(documentation, id))}`;
}

/** The job succeeded, but its outputs did not arrive: GitHub drops outputs that look like a secret. */
const isUntold = ({ result, changed }: ClusterResult) => result === 'success' && changed === null;

function expiry({ 'secret-expires-on': expiresOn }: ClusterResult, now: Date): string {
  if (expiresOn === '') return '';
  const date = new Date(expiresOn);
  return `${day(date)}, ${daysUntil(date, now)}`;
}

function details(title: string, content: Markdown): Markdown {
  return sections(lines([md`<details>`, md`<summary>${title}</summary>`]), content, md`</details>`);
}
