import { createClients } from './clients.ts';
import { deploy } from './deploy.ts';
import { refuseOldChart } from './helm/chart.ts';
import type { Inputs } from './inputs/inputs.ts';
import type { Result } from './result.ts';
import { rotate } from './rotate.ts';
import type { Surroundings } from './surroundings.ts';

/** One run of the action, by its mode. Reporting is left to who called. */
export async function run(inputs: Inputs, surroundings: Surroundings): Promise<Result> {
  if (inputs.chart.kind !== 'path') refuseOldChart(inputs.chartVersion);
  const clients = createClients(inputs, surroundings.endpoint, surroundings.log, surroundings.mask);
  return inputs.mode === 'rotate' ? rotate(inputs, clients, surroundings.log) : deploy(inputs, clients, surroundings);
}
