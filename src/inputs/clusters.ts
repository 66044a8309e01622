import type { ClusterName } from '../azure/cluster-client.ts';
import { type Entry, parseEntries } from './entries.ts';
import { bool, countUpTo } from './fields.ts';
import { type Inputs, parseInputs } from './inputs.ts';
import { invalid, labelled, type Parsed, valid } from './parsed.ts';
import { createReader } from './reader.ts';
import type { ReadFile } from './values.ts';

/** One of many clusters of a run. */
export interface Target {
  readonly inputs: Inputs;
  /** Clusters of a wave begin when those of the wave before have ended. */
  readonly wave: number;
}

/** Inputs that an entry cannot have, because all clusters of a run share them. */
export const RUN_WIDE = [
  ...['client-id', 'tenant-id', 'auth-type', 'environment', 'audience', 'mode', 'helm-version', 'confirm-destroy'],
  ...['clusters', 'cluster-selector', 'parallel', 'stop-after-failures'],
];

/** Keys that only an entry can have. */
const OF_ENTRY = ['exclude', 'wave'];

/** Clusters without a wave come after all others. */
const LAST = Number.POSITIVE_INFINITY;
const HIGHEST_WAVE = 1_000;

type Given = (input: string) => string;

/** Reads the inputs of clusters: an entry and what was found override the inputs of the step. */
export interface TargetReader {
  read(entry: Entry | undefined, found?: ClusterName): Parsed<Target>;
  /** What is wrong with the entry apart from the values of its inputs. */
  problemsOf(entry: Entry): readonly string[];
}

/** The names of the inputs of one cluster. */
export function inputNames(): ReadonlySet<string> {
  const names = new Set<string>();
  parseInputs(
    (name) => {
      names.add(name);
      return '';
    },
    () => '',
  );
  return names;
}

export function createTargetReader(common: Given, readFile: ReadFile): TargetReader {
  const parse = (given: Given) => parseInputs(given, readFile);
  const own = new Set([...inputNames(), ...OF_ENTRY].filter((name) => !RUN_WIDE.includes(name)));
  return {
    problemsOf: ({ given }) => [
      ...(given['cluster-name'] ? [] : ['cluster-name: is required in each entry']),
      ...Object.keys(given).flatMap((name) =>
        own.has(name)
          ? []
          : RUN_WIDE.includes(name)
            ? [`${name}: is the same for all clusters of a run, so set it next to clusters`]
            : [`${name}: is not an input of this action`],
      ),
    ],
    read(entry, found) {
      const over: Readonly<Record<string, string>> = { ...entry?.given, ...(found && addressOf(found)) };
      const inputs = parse((name) => (own.has(name) ? (over[name] ?? common(name)) : common(name)));
      const { optional } = createReader((name) => over[name] ?? '');
      const wave = optional('wave', countUpTo(HIGHEST_WAVE), LAST);
      if (inputs.ok && wave.ok) return valid({ inputs: inputs.value, wave: wave.value });
      return invalid(...(inputs.ok ? [] : inputs.problems), ...(wave.ok ? [] : wave.problems));
    },
  };
}

function addressOf({ subscriptionId, resourceGroup, clusterName }: ClusterName): Record<string, string> {
  return { 'subscription-id': subscriptionId, 'resource-group': resourceGroup, 'cluster-name': clusterName };
}

/** The list, split into entries for clusters and entries that exclude one. */
export interface ClusterList {
  readonly entries: readonly Entry[];
  readonly excluded: readonly Entry[];
}

export function parseList(text: string): Parsed<ClusterList> {
  const entries = text === '' ? valid([]) : labelled('clusters', parseEntries(text));
  if (!entries.ok) return entries;
  const flags = entries.value.map((entry) => ({ entry, exclude: bool(entry.given['exclude'] || 'false') }));
  const problems = flags.map(
    ({ entry, exclude }): Told => [
      entry.label,
      exclude.ok ? [] : exclude.problems.map((problem) => `exclude: ${problem}`),
    ],
  );
  if (problems.some(([, found]) => found.length > 0)) return invalid(...together(problems));
  const those = (excluded: boolean) =>
    flags.flatMap(({ entry, exclude }) => (exclude.ok && exclude.value === excluded ? [entry] : []));
  return valid({ entries: those(false), excluded: those(true) });
}

/** An entry's label, and what is wrong with it. */
export type Told = readonly [label: string, problems: readonly string[]];

/** How many entries are named with one problem. */
const NAMED = 5;

/** Each problem once, with the entries that have it: a wrong input of the step affects every entry. */
export function together(told: readonly Told[]): readonly string[] {
  const labels = new Map<string, string[]>();
  for (const [label, problems] of told)
    for (const problem of new Set(problems)) labels.set(problem, [...(labels.get(problem) ?? []), label]);
  return [...labels].map(([problem, of]) => {
    if (of.length === told.length && of.length > 1) return problem;
    const more = of.length > NAMED ? ` and ${of.length - NAMED} more` : '';
    return `${of.slice(0, NAMED).join(', ')}${more}: ${problem}`;
  });
}

/** Two entries must not name the same cluster, nor the same vault secret. */
export function collisions(targets: readonly Target[]): readonly string[] {
  const cluster = ({ subscriptionId, resourceGroup, clusterName }: Inputs) =>
    `cluster ${subscriptionId}/${resourceGroup}/${clusterName}`;
  const secret = ({ vaultName, vaultSecretName }: Inputs) => `secret ${vaultSecretName} in vault ${vaultName}`;
  const inputs = targets.map((target) => target.inputs);
  return [
    ...repeated(inputs.map(cluster)).map((what) => `clusters: ${what} is listed more than once`),
    ...repeated(inputs.map(secret)).map(
      (what) =>
        `clusters: ${what} would be used by several clusters; set key-vault-secret-name or key-vault-name in their entries`,
    ),
  ];
}

/** Azure ignores case in these names. */
function repeated(keys: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  for (const key of keys) seen.set(key.toLowerCase(), (seen.get(key.toLowerCase()) ?? 0) + 1);
  return [...seen].flatMap(([key, times]) => (times > 1 ? [key] : []));
}
