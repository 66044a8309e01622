import type { ClusterName } from '../azure/cluster-client.ts';
import { type ClusterList, inputNames, parseList, RUN_WIDE } from '../inputs/clusters.ts';
import { type Entry, parseEntries, textOf } from '../inputs/entries.ts';
import { labelled } from '../inputs/parsed.ts';
import { isFor } from '../inputs/selection.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { JsonRecord } from '../lib/json.ts';

/** What deploy.yml and rotate.yml were called with. */
export interface FleetRequest {
  /** The workflow's inputs: the list, and what applies to all clusters that do not override it. */
  readonly common: JsonRecord;
  readonly mode: string;
  /** The clusters of cluster-selector. */
  readonly found: readonly ClusterName[];
}

export type Given = Readonly<Record<string, string>>;

/** A cluster of a fleet. */
export interface FleetCluster {
  /** Where it is, and in what it differs. */
  readonly own: Given;
  /** All of its inputs; an empty one means the default. */
  readonly inputs: Given;
}

/** Inputs of the workflow for the whole fleet. */
const FLEET_INPUTS: ReadonlySet<string> = new Set([
  ...['clusters', 'cluster-selector', 'clusters-per-job', 'mode', 'max-parallel', 'parallel', 'stop-after-failures'],
]);
/** Inputs for a cluster's job, which the action does not have. */
export const JOB_INPUTS: readonly string[] = ['runs-on', 'github-environment'];
/** What is the same for all clusters of a job. */
export const OF_A_JOB: readonly string[] = [...JOB_INPUTS, ...RUN_WIDE];

export const selectorOf = ({ common }: FleetRequest) => textOf(common['cluster-selector']).trim();
const isForAll = (name: string) => !FLEET_INPUTS.has(name);

/** What an entry may say in a list of clusters for the action. */
export const withoutJob = (own: Given): Given =>
  Object.fromEntries(Object.entries(own).filter(([name]) => !OF_A_JOB.includes(name)));

/** @throws ActionError invalid-inputs, with every mistake in the list */
export function clustersOf(request: FleetRequest): readonly FleetCluster[] {
  const shared = Object.fromEntries(
    Object.entries(request.common).flatMap(([name, value]) => (isForAll(name) ? [[name, textOf(value)]] : [])),
  );
  return ownOf(request).map(({ exclude: _, ...own }) => ({ own, inputs: { ...shared, ...own } }));
}

/** A selector finds, and the list says what differs; without one, the list has all. */
function ownOf(request: FleetRequest): readonly Given[] {
  const { entries, excluded } = listIn(request);
  if (selectorOf(request) === '') return entries.map(({ given }) => given);
  const wanted = request.found.filter((cluster) => !excluded.some((entry) => isFor(entry, cluster)));
  return wanted.map((cluster) => ({
    ...entries.find((entry) => isFor(entry, cluster))?.given,
    'subscription-id': cluster.subscriptionId,
    'resource-group': cluster.resourceGroup,
    'cluster-name': cluster.clusterName,
  }));
}

function listIn(request: FleetRequest): ClusterList {
  const list = parseList(textOf(request.common['clusters']).trim());
  if (!list.ok) throw invalid(list.problems);
  const { entries, excluded } = list.value;
  return { entries: entries.map(withoutOthers(request)), excluded };
}

/** The entries of the list, excluded ones too, with what this workflow takes. */
export const entriesIn = (request: FleetRequest): readonly Entry[] =>
  entriesAsGiven(request).map(withoutOthers(request));

function entriesAsGiven({ common }: FleetRequest): readonly Entry[] {
  const text = textOf(common['clusters']).trim();
  const parsed = text === '' ? undefined : labelled('clusters', parseEntries(text));
  if (parsed && !parsed.ok) throw invalid(parsed.problems);
  return parsed?.value ?? [];
}

/** Of inputs that the action has and this workflow lacks, an entry may have some, so that one list serves both workflows. */
function withoutOthers(request: FleetRequest) {
  const isOther = ofOthers(request);
  return ({ label, given }: Entry): Entry => ({
    label,
    given: Object.fromEntries(Object.entries(given).filter(([name]) => !isOther(name))),
  });
}

function ofOthers({ common }: FleetRequest): (name: string) => boolean {
  const known = inputNames();
  return (name) => known.has(name) && !(name in common) && isForAll(name) && name !== 'cluster-name';
}

/**
 * Looks for what is wrong with the list itself; the action judges the values.
 * @throws ActionError invalid-inputs, with every mistake
 */
export function checkList(request: FleetRequest): void {
  const entries = entriesAsGiven(request);
  const isOther = ofOthers(request);
  const isSelected = selectorOf(request) !== '';
  if (entries.length === 0 && !isSelected) throw invalid(['clusters: is required, or else cluster-selector']);
  const allowed = new Set([...Object.keys(request.common).filter(isForAll), 'cluster-name', 'exclude']);
  const problems = entries.flatMap(({ label, given }) =>
    Object.keys(given).flatMap((name) =>
      allowed.has(name) || isOther(name) ? [] : [`${label}: ${unknown(name, allowed)}`],
    ),
  );
  if (!isSelected) problems.push(...addressProblems(request));
  if (problems.length > 0) throw invalid(problems);
}

function unknown(name: string, allowed: ReadonlySet<string>): string {
  if (name === 'wave')
    return 'wave: jobs of a matrix have no order; to roll out in waves, run the action on all clusters in one step';
  return `unknown input ${name}, expected one of ${[...allowed].sort().join(', ')}`;
}

function addressProblems(request: FleetRequest): readonly string[] {
  const labels = listIn(request).entries.map(({ label }) => label);
  const clusters = clustersOf(request);
  const ids = clusters.map(identityOf);
  if (clusters.length === 0) return ['clusters: leaves out every cluster'];
  return clusters.flatMap(({ inputs }, index) => {
    const missing = ['resource-group', 'cluster-name'].filter((name) => !inputs[name]);
    const first = ids.indexOf(ids[index] ?? '');
    const told = [
      ...missing.map((name) => `${name} is required`),
      ...(first < index ? [`the same cluster as ${labels[first]?.split(' ')[0]}`] : []),
    ];
    return told.map((problem) => `${labels[index]}: ${problem}`);
  });
}

/** Azure ignores case in these names. */
export const identityOf = ({ inputs }: FleetCluster): string =>
  [inputs['subscription-id'], inputs['resource-group'], inputs['cluster-name']].join('/').toLowerCase();

export function invalid(problems: readonly string[]): ActionError {
  return new ActionError({
    id: 'invalid-inputs',
    what: 'The list of clusters is invalid',
    why: problems.map((problem) => `\n  - ${problem}`).join(''),
    fix: fix`correct \`clusters\` in the job that calls this workflow; docs/fleet.md describes the format.`,
  });
}
