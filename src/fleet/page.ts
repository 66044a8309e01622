import { type Documentation, sectionAbout } from '../report/documentation.ts';
import {
  address,
  block,
  changeTable,
  day,
  daysUntil,
  lines,
  type Markdown,
  maybeLink,
  md,
  sections,
  table,
} from '../report/markdown.ts';
import type { ClusterResult } from './results.ts';

/** One page for all clusters: the result of each, then errors and changes. */
export function pageOf(
  results: readonly ClusterResult[],
  mode: string,
  documentation: Documentation,
  now: Date,
): Markdown {
  const verb = mode === 'plan' ? 'planned' : 'made';
  return sections(
    md`## Headlamp on ${count(results.length, 'cluster')}: ${headline(results, mode)}`,
    table(
      ['Cluster', 'Result', `Changes ${verb}`, 'Client secret expires', 'Open at'],
      results.map((result) => [
        md`**${result.cluster}**<br>${result['resource-group']}`,
        verdict(result, documentation),
        result.changed === null ? '' : String(result.changes.length),
        expiry(result, now),
        result.url === '' ? '' : address(result.url),
      ]),
    ),
    ...results
      .filter(({ error }) => error !== '')
      .map((result) => details(`${result.cluster}: error`, block(result.error))),
    ...results
      .filter(({ changes }) => changes.length > 0)
      .map(({ cluster, changes }) =>
        details(`${cluster}: ${count(changes.length, 'change')} ${verb}`, changeTable(changes)),
      ),
  );
}

function headline(results: readonly ClusterResult[], mode: string): string {
  const number = (of: (result: ClusterResult) => boolean) => results.filter(of).length;
  const parts: readonly (readonly [number, string])[] = [
    [number(({ result }) => result === 'failure'), 'failed'],
    [number(({ result }) => result === 'unknown'), 'without a result'],
    [number(isUntold), 'without details'],
    [number(({ changes }) => changes.length > 0), mode === 'plan' ? 'would change' : 'changed'],
    [number((result) => result['secret-rotated'] === true), 'with a new client secret'],
  ];
  const told = parts.filter(([amount]) => amount > 0).map(([amount, what]) => `${amount} ${what}`);
  return told.length === 0 ? 'nothing to change' : told.join(', ');
}

function verdict(cluster: ClusterResult, documentation: Documentation): Markdown {
  const { result, error, 'secret-rotated': rotated } = cluster;
  if (result === 'unknown') return md`:grey_question: no result, see its job`;
  if (isUntold(cluster)) return md`:white_check_mark: no details, see its job`;
  if (result === 'success') return rotated ? md`:white_check_mark: new client secret` : md`:white_check_mark:`;
  const id = /^([a-z-]+): /.exec(error)?.[1];
  return id === undefined ? md`:x: failed, see its job` : md`:x: ${maybeLink(id, sectionAbout(documentation, id))}`;
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

const count = (amount: number, noun: string) => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
