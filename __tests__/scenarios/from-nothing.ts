import { text } from '../../emulator/lib/json.ts';
import { emptySubscription } from '../../emulator/worlds/from-nothing.ts';
import type { WorldOptions } from '../../emulator/worlds/standard.ts';
import { createScenario, type Scenario } from './scenario.ts';

/** A subscription in which nothing was made yet, and an identity that may make all of it, as docs/reference.md has it. */
export async function createFromNothing(options: WorldOptions = {}): Promise<Scenario> {
  const scenario = await createScenario(options);
  emptySubscription(scenario);
  const creation = { 'create-cluster': 'true', 'create-key-vault': 'true', location: 'westeurope' };
  return {
    ...scenario,
    run: (inputs = {}, environment = {}) => scenario.run({ ...creation, ...inputs }, environment),
    runUntil: (kill, inputs = {}) => scenario.runUntil(kill, { ...creation, ...inputs }),
  };
}

/** The cluster that the action made, as ARM shows it. */
export function madeCluster({ emulator, clusterId }: Scenario) {
  const record = emulator.arm.clusters.get(clusterId.toLowerCase());
  if (!record) throw new Error('There is no cluster.');
  return { model: record.model, inside: emulator.cluster(text(record.model, 'properties', 'fqdn') ?? '') };
}
