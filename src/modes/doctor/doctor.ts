import type { Context } from '../../context/context.ts';
import type { Diagnosis } from '../../context/outcome.ts';
import { admissionCheck } from './admission.ts';
import { clusterChecks, vaultChecks } from './azure.ts';
import { examine } from './check.ts';
import { entraChecks } from './entra.ts';
import { gather } from './evidence.ts';
import { helmChecks } from './helm.ts';
import { kubernetesChecks } from './kubernetes.ts';
import { locksCheck } from './locks.ts';
import { logChecks } from './log.ts';
import { networkChecks } from './network.ts';
import { outsideChecks } from './outside.ts';
import { policyCheck } from './policy.ts';
import { quotaChecks } from './quota.ts';
import { subscriptionCheck } from './subscription.ts';

/** Mode doctor: checks everything that a deployment needs, and writes nothing. */
export async function doctor(context: Context): Promise<Diagnosis> {
  const evidence = gather(context);
  const checks = await examine(
    [
      ...entraChecks(evidence),
      policyCheck(evidence),
      subscriptionCheck(evidence),
      ...clusterChecks(evidence),
      ...quotaChecks(evidence),
      locksCheck(evidence),
      ...vaultChecks(evidence),
      ...(context.inputs.delivery === 'vault'
        ? []
        : [...kubernetesChecks(evidence), ...helmChecks(evidence), admissionCheck(evidence)]),
      ...networkChecks(evidence),
      ...outsideChecks(evidence),
    ],
    context.redact,
  );
  logChecks(context.log, checks);
  const kubernetesVersion = await evidence.cluster.then((cluster) => cluster.kubernetesVersion).catch(() => '');
  return {
    kind: 'diagnosis',
    inputs: context.inputs,
    cloud: context.cloud,
    cluster: { id: context.cluster.id, kubernetesVersion },
    changes: [],
    checks,
  };
}
