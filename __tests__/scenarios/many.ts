import { expect } from 'vitest';
import { type JsonObject, list, object, parseJson, text } from '../../emulator/lib/json.ts';
import type { StepResult } from '../../emulator/runner/runner.ts';
import { addClusters, type MoreCluster } from '../../emulator/worlds/many.ts';
import { createScenario, type Scenario } from './scenario.ts';

export interface ManyScenario extends Scenario {
  /** Runs the action without the inputs that are about a single cluster. */
  many(inputs?: Readonly<Record<string, string>>): Promise<StepResult>;
}

/** A scenario with these clusters beside aks-demo. */
export async function createMany(clusters: readonly MoreCluster[]): Promise<ManyScenario> {
  const scenario = await createScenario();
  await addClusters(scenario, clusters);
  return { ...scenario, many: (inputs = {}) => scenario.run({ 'cluster-name': '', ...inputs }) };
}

export const named = (...names: readonly string[]): readonly MoreCluster[] => names.map((name) => ({ name }));

export const listed = (...entries: readonly JsonObject[]): string => JSON.stringify(entries);

/** The output `results`, by cluster. */
export function resultsOf({ outputs }: StepResult): Readonly<Record<string, JsonObject>> {
  const all = list(parseJson(outputs['results'] ?? '')).map((one) => object(one));
  return Object.fromEntries(all.map((one) => [text(one, 'cluster') ?? '', one]));
}

/** What the output `results` says of each cluster in one field. */
export function fieldOf(result: StepResult, field: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(resultsOf(result)).map(([name, one]) => [name, one[field]]));
}

/** The log as groups: their titles, with the lines within; what is outside of all is under the empty title. */
export function groupsOf({ output }: StepResult): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>([['', []]]);
  let current = '';
  for (const line of output.split('\n')) {
    const [, title] = /^::group::(.*)$/.exec(line) ?? [];
    if (title !== undefined) {
      expect(current, `a group within a group: ${line}`).toBe('');
      current = title;
      groups.set(title, []);
    } else if (line === '::endgroup::') current = '';
    else groups.get(current)?.push(line);
  }
  expect(current).toBe('');
  return groups;
}
