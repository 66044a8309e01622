import { createHash } from 'node:crypto';
import { RUN_WIDE } from '../inputs/clusters.ts';
import { textOf } from '../inputs/entries.ts';
import type { ReadInput } from '../inputs/inputs.ts';
import { jsonLine, parseJson, stringsAt } from '../lib/json.ts';
import {
  clustersOf,
  type FleetCluster,
  type FleetRequest,
  identityOf,
  invalid,
  JOB_INPUTS,
  OF_A_JOB,
  withoutJob,
} from './clusters.ts';

/** One job of the matrix. */
export interface FleetJob {
  /** Number of the job among the outputs of the matrix. */
  readonly slot: number;
  readonly clusters: readonly [FleetCluster, ...FleetCluster[]];
}

/** Number of jobs for which the workflows' matrix declares outputs. */
export const MOST_JOBS = 64;

/** How many clusters a job takes if clusters-per-job does not say. A first deployment takes minutes, the others seconds. */
const USUAL = { deploy: 1, otherwise: 50 } as const;

/** Modes that write nothing: they need not wait for other runs. */
const READ_ONLY: ReadonlySet<string> = new Set(['plan', 'doctor']);

/** A job of one cluster; longer than this, a deployment hangs. Jobs of many have as long as GitHub gives them. */
const MINUTES = { one: 60, many: 360 } as const;

/** The same request gives the same jobs, so that each step of the workflow knows what the others know. */
export function jobsOf(request: FleetRequest): readonly FleetJob[] {
  const groups = new Map<string, FleetCluster[]>();
  // The action destroys one cluster at a time, and asks for its name.
  const isAlone = request.mode === 'destroy';
  for (const cluster of clustersOf(request)) {
    const key = isAlone ? identityOf(cluster) : JSON.stringify(OF_A_JOB.map((name) => cluster.inputs[name] ?? ''));
    const group = groups.get(key);
    if (group) group.push(cluster);
    else groups.set(key, [cluster]);
  }
  if (groups.size > MOST_JOBS) {
    const why = isAlone
      ? 'one for each cluster to destroy'
      : `as so many differ in ${JOB_INPUTS.join(', ')} or the identity`;
    throw invalid([`clusters: needs ${groups.size} jobs, ${why}; one call has at most ${MOST_JOBS}`]);
  }
  const most = sizeThatFits([...groups.values()], clustersPerJob(request));
  return [...groups.values()].flatMap((group) => evenly(group, most)).map((clusters, slot) => ({ slot, clusters }));
}

/** How many clusters a job should take at most. @throws ActionError invalid-inputs */
export function clustersPerJob({ common, mode }: FleetRequest): number {
  const given = textOf(common['clusters-per-job']) || '0';
  if (!/^\d{1,5}$/.test(given)) throw invalid([`clusters-per-job: "${given}" is not a number from 1 to 99999`]);
  return Number(given) || (mode === 'deploy' ? USUAL.deploy : USUAL.otherwise);
}

/** A fleet that has grown gets larger jobs rather than none. */
function sizeThatFits(groups: readonly (readonly unknown[])[], wanted: number): number {
  const jobs = (size: number) => groups.reduce((sum, { length }) => sum + Math.ceil(length / size), 0);
  let size = wanted;
  while (jobs(size) > MOST_JOBS) size += 1;
  return size;
}

function evenly(group: readonly FleetCluster[], most: number): FleetJob['clusters'][] {
  const size = Math.ceil(group.length / Math.ceil(group.length / most));
  const parts: FleetJob['clusters'][] = [];
  for (let start = 0; start < group.length; start += size) {
    const [first, ...others] = group.slice(start, start + size);
    if (first) parts.push([first, ...others]);
  }
  return parts;
}

/** What the workflow makes of a job. It holds no ids: GitHub drops an output with a value that it masks. */
export function matrixEntry({ slot, clusters }: FleetJob, mode: string, runId: string) {
  const [{ inputs }] = clusters;
  const others = clusters.length - 1;
  const group = `headlamp ${digestOf(clusters.map(identityOf).sort().join('\n'))}`;
  return {
    slot,
    name: others === 0 ? inputs['cluster-name'] : `${inputs['cluster-name']} and ${others} more`,
    'runs-on': labelsOf(inputs['runs-on'] ?? ''),
    'github-environment': inputs['github-environment'] ?? '',
    'concurrency-group': READ_ONLY.has(mode) ? `${group} ${mode} ${runId}` : group,
    'timeout-minutes': others === 0 ? MINUTES.one : MINUTES.many,
    checkout: clusters.some(readsFiles),
  };
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Whether the action reads files of the repository. */
function readsFiles({ inputs: { chart = '', 'values-files': files = '' } }: FleetCluster): boolean {
  return files !== '' || (chart !== '' && !chart.includes('://'));
}

/** One label, a JSON list of labels, or one label per line (a cluster's own list). */
function labelsOf(runsOn: string): readonly string[] {
  const labels = runsOn.startsWith('[') ? stringsAt({ list: parseJson(runsOn) }, 'list') : runsOn.split(/[\n,]/);
  return labels.map((label) => label.trim());
}

/** The action's inputs in a job: of one cluster, or of many with a list of what differs. */
export function inputsOf({ clusters }: FleetJob, { common, mode }: FleetRequest): ReadInput {
  const [first] = clusters;
  const many = { clusters: jsonLine(clusters.map(({ own }) => withoutJob(own))) };
  const forAll = Object.fromEntries(Object.entries(common).map(([name, value]) => [name, textOf(value)]));
  const wide = Object.fromEntries(RUN_WIDE.map((name) => [name, first.inputs[name] ?? '']));
  const pace = { parallel: forAll['parallel'] ?? '', 'stop-after-failures': forAll['stop-after-failures'] ?? '' };
  const inputs: Readonly<Record<string, string>> =
    clusters.length === 1
      ? { ...first.inputs, mode }
      : { ...forAll, ...wide, ...many, ...pace, mode, 'cluster-selector': '' };
  return (name) => (inputs[name] ?? '').trim();
}
