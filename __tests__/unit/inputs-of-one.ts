import type { Inputs } from '../../src/inputs/inputs.ts';
import { parseRunInputs } from '../../src/inputs/run-inputs.ts';

/** The inputs of a run on one cluster. @throws ActionError invalid-inputs */
export function inputsOfOne(...given: Parameters<typeof parseRunInputs>): Inputs {
  const { targets } = parseRunInputs(...given);
  if (targets.kind !== 'one') throw new Error('These are inputs of many clusters.');
  return targets.inputs;
}
