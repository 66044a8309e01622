import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { isRecord, type JsonRecord, parseJson, stringsAt } from '../lib/json.ts';

/** One job of the matrix. */
export interface FleetCluster {
  /** Number of the job among the outputs of the matrix. */
  readonly slot: number;
  readonly name: string;
  readonly 'runs-on': readonly string[];
  readonly 'github-environment': string;
  readonly 'concurrency-group': string;
  /** Whether the action reads files of the repository. */
  readonly checkout: boolean;
  /** The action's inputs as strings; an empty one means the default. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** Number of jobs for which the workflows' matrix declares outputs. */
export const LARGEST_FLEET = 64;

/** Inputs of the workflow for the whole fleet. */
const FLEET_INPUTS: ReadonlySet<string> = new Set(['clusters', 'mode', 'max-parallel']);
/** Inputs for a cluster's job, which the action does not have. */
const JOB_INPUTS: ReadonlySet<string> = new Set(['runs-on', 'github-environment']);
/** Modes that write nothing: they need not wait for other runs, and must not replace a pending one. */
const READ_ONLY: ReadonlySet<string> = new Set(['plan', 'doctor']);

export interface FleetRequest {
  /** JSON list of clusters. */
  readonly list: string;
  /** The workflow's inputs, for every cluster that does not override them. */
  readonly common: JsonRecord;
  readonly mode: string;
  readonly runId: string;
}

/** @throws ActionError invalid-inputs, with every mistake in the list */
export function clustersOf({ list, common, mode, runId }: FleetRequest): readonly FleetCluster[] {
  const items = parseList(list);
  const allowed = new Set([...Object.keys(common).filter((name) => !FLEET_INPUTS.has(name)), 'cluster-name']);
  const problems = items.flatMap((item, index) =>
    unknownKeys(item, allowed).map((text) => `${label(item, index)}: ${text}`),
  );
  const clusters = items.map((item, slot) => {
    const inputs = Object.fromEntries([...allowed].map((name) => [name, textOf(item[name] ?? common[name])]));
    return toCluster(slot, inputs, mode, runId);
  });
  for (const { slot, inputs } of clusters) {
    const at = label(items[slot] ?? {}, slot);
    for (const name of ['resource-group', 'cluster-name'])
      if (inputs[name] === '') problems.push(`${at}: ${name} is required`);
    const first = clusters.findIndex((other) => identity(other.inputs) === identity(inputs));
    if (first < slot) problems.push(`${at}: the same cluster as clusters[${first}]`);
  }
  if (problems.length > 0) throw invalid(problems);
  return clusters;
}

function toCluster(slot: number, all: Record<string, string>, mode: string, runId: string): FleetCluster {
  const { 'runs-on': runsOn = '', 'github-environment': environment = '', chart = '' } = all;
  const inputs = Object.fromEntries(Object.entries(all).filter(([name]) => !JOB_INPUTS.has(name)));
  const group = `headlamp ${identity(inputs)}`;
  return {
    slot,
    name: inputs['cluster-name'] ?? '',
    'runs-on': labelsOf(runsOn),
    'github-environment': environment,
    'concurrency-group': READ_ONLY.has(mode) ? `${group} ${mode} ${runId}` : group,
    checkout: (inputs['values-files'] ?? '') !== '' || (chart !== '' && !chart.includes('://')),
    inputs,
  };
}

/** One label, a JSON list of labels, or one label per line (a cluster's own list). */
function labelsOf(runsOn: string): readonly string[] {
  const labels = runsOn.startsWith('[') ? stringsAt({ list: parseJson(runsOn) }, 'list') : runsOn.split(/[\n,]/);
  return labels.map((label) => label.trim());
}

function parseList(list: string): readonly JsonRecord[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(list);
  } catch (error) {
    throw invalid([`clusters: not valid JSON: ${messageOf(error)}`]);
  }
  const items: readonly unknown[] = Array.isArray(parsed) ? parsed : [];
  if (items.length === 0 || !items.every(isRecord))
    throw invalid([
      'clusters: expected a list of objects, each with resource-group, cluster-name and any other inputs',
    ]);
  if (items.length > LARGEST_FLEET)
    throw invalid([
      `clusters: ${items.length} clusters, but one call accepts at most ${LARGEST_FLEET}; split them across two jobs`,
    ]);
  return items.filter(isRecord);
}

function unknownKeys(item: JsonRecord, allowed: ReadonlySet<string>): readonly string[] {
  const unknown = Object.keys(item).filter((name) => !allowed.has(name));
  return unknown.map((name) => `unknown input ${name}, expected one of ${[...allowed].sort().join(', ')}`);
}

/** Lists become lines, objects become JSON, which is also YAML: the action's inputs accept both. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(textOf).join('\n');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Azure ignores case in these names. */
function identity({
  'subscription-id': subscription,
  'resource-group': group,
  'cluster-name': name,
}: Record<string, string>) {
  return `${subscription}/${group}/${name}`.toLowerCase();
}

const label = (item: JsonRecord, index: number) =>
  `clusters[${index}] (${textOf(item['cluster-name']) || 'without a name'})`;

function invalid(problems: readonly string[]): ActionError {
  return new ActionError({
    id: 'invalid-inputs',
    what: 'The list of clusters is invalid',
    why: problems.map((problem) => `\n  - ${problem}`).join(''),
    fix: fix`correct \`clusters\` in the job that calls this workflow; docs/fleet.md describes the format.`,
  });
}
