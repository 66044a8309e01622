import type { ClusterName } from '../azure/cluster-client.ts';
import type { Selector } from '../azure/cluster-selector.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import {
  type ClusterList,
  collisions,
  createTargetReader,
  parseList,
  type Target,
  type TargetReader,
  together,
} from './clusters.ts';
import { countUpTo } from './fields.ts';
import { type Inputs, parseInputs, type ReadInput } from './inputs.ts';
import { all, invalid, type Parsed, valid } from './parsed.ts';
import { createReader } from './reader.ts';
import { type Selected, select } from './selection.ts';
import { parseSelector } from './selector.ts';
import type { ReadFile } from './values.ts';

/** The settings of a run: what is the same for all of its clusters, and which clusters these are. */
export interface RunInputs
  extends Pick<Inputs, 'mode' | 'authType' | 'environment' | 'clientId' | 'tenantId' | 'audience' | 'helmVersion'> {
  readonly targets: Targets;
}

export type Targets =
  | { readonly kind: 'one'; readonly inputs: Inputs }
  | (Pace & { readonly kind: 'listed'; readonly clusters: readonly Target[] })
  | (Pace & {
      readonly kind: 'selected';
      readonly selector: Selector;
      /** @throws ActionError invalid-inputs, if what was found and what is listed do not fit */
      readonly among: (found: readonly ClusterName[]) => Selected;
    });

/** How a run goes through many clusters. */
export interface Pace {
  readonly parallel: number;
  readonly stopAfterFailures: number | undefined;
}

/** More at a time would be throttled, not faster. */
const MOST_PARALLEL = 64;

/** Placeholder for what a selector will find, so that all other mistakes are reported before the first request. */
const STILL_TO_FIND = { subscriptionId: '00000000-0000-0000-0000-000000000000', resourceGroup: 'found' };

/**
 * Checks all inputs before anything is requested.
 * @param read reads an input by name
 * @param fallbacks the environment variables that azure/login users set
 * @param readFile reads the values files
 * @throws ActionError invalid-inputs, with every problem
 */
export function parseRunInputs(
  read: ReadInput,
  fallbacks: Readonly<Record<string, string | undefined>>,
  readFile: ReadFile,
): RunInputs {
  const given = (input: string) =>
    read(input).trim() || (fallbacks[`AZURE_${input.replaceAll('-', '_').toUpperCase()}`] ?? '');
  if (given('clusters') === '' && given('cluster-selector') === '') {
    const inputs = required(parseInputs(given, readFile));
    return { ...inputs, targets: { kind: 'one', inputs } };
  }
  return required(parseMany(given, readFile));
}

function parseMany(given: ReadInput, readFile: ReadFile): Parsed<RunInputs> {
  const { withDefault, optional } = createReader(given);
  const reader = createTargetReader(given, readFile);
  const run = all({
    parallel: withDefault('parallel', countUpTo(MOST_PARALLEL)),
    stopAfterFailures: optional('stop-after-failures', countUpTo(100_000), undefined),
    selector: optional('cluster-selector', parseSelector, undefined),
    list: parseList(given('clusters')),
    mode: given('mode') === 'destroy' ? invalid(NOT_DESTROY) : valid(undefined),
    name: given('cluster-name') === '' ? valid(undefined) : invalid(NO_NAME),
  });
  if (!run.ok) return run;
  const { selector, list, parallel, stopAfterFailures } = run.value;
  const listed = readListed(list, reader, selector !== undefined);
  if (!listed.ok) return listed;
  const { runWide, clusters } = listed.value;
  const pace = { parallel, stopAfterFailures };
  if (selector === undefined) return valid({ ...runWide, targets: { kind: 'listed', clusters, ...pace } });
  const among = (found: readonly ClusterName[]) => required(select(found, list, reader));
  return valid({ ...runWide, targets: { kind: 'selected', selector, among, ...pace } });
}

const NOT_DESTROY = 'mode: destroy removes one cluster at a time: set cluster-name, and confirm-destroy to the same';
const NO_NAME = 'cluster-name: is for a run on one cluster; with clusters or cluster-selector, set it in an entry';

/** @param isSelected whether a selector finds the clusters, and the list only says what differs */
function readListed(
  { entries, excluded }: ClusterList,
  reader: TargetReader,
  isSelected: boolean,
): Parsed<{ readonly runWide: Inputs; readonly clusters: readonly Target[] }> {
  const shapes = together([...entries, ...excluded].map((entry) => [entry.label, reader.problemsOf(entry)]));
  const read = entries.map((entry) => ({
    label: entry.label,
    target: reader.read(
      entry,
      isSelected ? { ...STILL_TO_FIND, clusterName: entry.given['cluster-name'] ?? '' } : undefined,
    ),
  }));
  if (isSelected)
    read.push({
      label: 'cluster-selector',
      target: reader.read(undefined, { ...STILL_TO_FIND, clusterName: 'found' }),
    });
  const problems = [...shapes, ...together(read.map(({ label, target }) => [label, target.ok ? [] : target.problems]))];
  const clusters = read.flatMap(({ target }) => (target.ok ? [target.value] : []));
  if (problems.length === 0 && !isSelected) problems.push(...collisions(clusters));
  const [first] = clusters;
  if (problems.length === 0 && !first) problems.push('clusters: leaves out every cluster');
  return problems.length === 0 && first ? valid({ runWide: first.inputs, clusters }) : invalid(...problems);
}

function required<T>(parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  const { problems } = parsed;
  throw new ActionError({
    id: 'invalid-inputs',
    what: problems.length === 1 ? 'An input is wrong' : `${problems.length} inputs are wrong`,
    why: problems.map((problem) => `\n  - ${problem}`).join(''),
    fix: fix`correct them under \`with:\` in the workflow; docs/reference.md lists every input.`,
  });
}
