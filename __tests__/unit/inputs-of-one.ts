import type { Inputs } from '../../src/inputs/inputs.ts';
import { parseRunInputs } from '../../src/inputs/run-inputs.ts';

export const ID = '5f1c3b6a-9d2e-4c47-8a51-7e0d9b3f2c64';

/** The inputs that have no default. */
export const REQUIRED = {
  'client-id': ID,
  'tenant-id': ID,
  'subscription-id': ID,
  'resource-group': 'rg',
  'cluster-name': 'aks',
  'key-vault-name': 'kv-one',
};

/** The inputs of a run on one cluster. @throws ActionError invalid-inputs */
export function inputsOfOne(...given: Parameters<typeof parseRunInputs>): Inputs {
  const { targets } = parseRunInputs(...given);
  if (targets.kind !== 'one') throw new Error('These are inputs of many clusters.');
  return targets.inputs;
}
