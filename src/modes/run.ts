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
import { rotateUpToVault } from './rotate/up-to-vault.ts';

/** Runs the action in its mode. The caller reports the outcome. */
export async function run(inputs: Inputs, job: Job): Promise<Outcome> {
  assertPossible(inputs, job);
  const context = createContext(await createRunContext(inputs, job), inputs);
  return runMode(context).catch((error: unknown) => {
    throw toRefusalActionError(context.cluster, error);
  });
}

/** Fails before the first request. Mode doctor reports these problems among its findings. */
function assertPossible({ mode, authType, chart, chartVersion }: Inputs, { idTokens }: Job): void {
  if (mode === 'doctor') return;
  if (authType === 'oidc' && !idTokens) throw idTokenPermissionMissing();
  if (mode !== 'destroy' && chart.kind !== 'path') assertChartSupported(chartVersion);
}

function runMode(context: Context): Promise<Outcome> {
  switch (context.inputs.mode) {
    case 'rotate':
      return context.inputs.delivery === 'vault' ? rotateUpToVault(context) : rotate(context);
    case 'doctor':
      return doctor(context);
    case 'destroy':
      return destroy(context);
    default:
      return deploy(context);
  }
}
