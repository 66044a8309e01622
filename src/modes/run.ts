import { toRefusalActionError } from '../connection/connect.ts';
import { type Clients, createClients } from '../context/clients.ts';
import type { Surroundings } from '../context/surroundings.ts';
import { assertChartSupported } from '../helm/chart.ts';
import { idTokenPermissionMissing } from '../identity/id-token.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { deploy } from './deploy/deploy.ts';
import { destroy } from './destroy/destroy.ts';
import { doctor } from './doctor/doctor.ts';
import type { Outcome } from './outcome.ts';
import { rotate } from './rotate.ts';

/** One run of the action, by its mode. Reporting is left to who called. */
export async function run(inputs: Inputs, surroundings: Surroundings): Promise<Outcome> {
  refuseKnownFaults(inputs, surroundings);
  const clients = await createClients(inputs, surroundings.endpoint, surroundings.log, surroundings.mask);
  return runMode(inputs, clients, surroundings).catch((error: unknown) => {
    throw toRefusalActionError(clients.cluster, error);
  });
}

/** Before any request; mode doctor finds them among others. */
function refuseKnownFaults({ mode, authType, chart, chartVersion }: Inputs, { endpoint }: Surroundings): void {
  if (mode === 'doctor') return;
  if (authType === 'oidc' && !endpoint) throw idTokenPermissionMissing();
  if (mode !== 'destroy' && chart.kind !== 'path') assertChartSupported(chartVersion);
}

function runMode(inputs: Inputs, clients: Clients, surroundings: Surroundings): Promise<Outcome> {
  switch (inputs.mode) {
    case 'rotate':
      return rotate(inputs, clients, surroundings.log);
    case 'doctor':
      return doctor(inputs, clients, surroundings);
    case 'destroy':
      return destroy(inputs, clients, surroundings);
    default:
      return deploy(inputs, clients, surroundings);
  }
}
