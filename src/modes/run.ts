import { toRefusalActionError } from '../connection/connect.ts';
import { type Context, createContext } from '../context/context.ts';
import type { Job } from '../context/job.ts';
import type { Outcome } from '../context/outcome.ts';
import { createRunContext } from '../context/run-context.ts';
import { assertChartSupported } from '../helm/chart.ts';
import { idTokenPermissionMissing } from '../identity/id-token.ts';
import type { Inputs } from '../inputs/inputs.ts';
import { deploy } from './deploy/deploy.ts';
import { destroy } from './destroy/destroy.ts';
import { doctor } from './doctor/doctor.ts';
import { rotate } from './rotate/rotate.ts';

/** One run of the action, by its mode. Reporting is left to the caller. */
export async function run(inputs: Inputs, job: Job): Promise<Outcome> {
  assertPossible(inputs, job);
  const context = createContext(await createRunContext(inputs, job), inputs);
  return runMode(context).catch((error: unknown) => {
    throw toRefusalActionError(context.cluster, error);
  });
}

/** Before any request; mode doctor finds these faults among others. */
function assertPossible({ mode, authType, chart, chartVersion }: Inputs, { idTokens }: Job): void {
  if (mode === 'doctor') return;
  if (authType === 'oidc' && !idTokens) throw idTokenPermissionMissing();
  if (mode !== 'destroy' && chart.kind !== 'path') assertChartSupported(chartVersion);
}

function runMode(context: Context): Promise<Outcome> {
  switch (context.inputs.mode) {
    case 'rotate':
      return rotate(context);
    case 'doctor':
      return doctor(context);
    case 'destroy':
      return destroy(context);
    default:
      return deploy(context);
  }
}
