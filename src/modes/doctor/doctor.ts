import { clusterResourceId } from '../../azure/cluster.ts';
import type { Clients } from '../../context/clients.ts';
import type { Surroundings } from '../../context/surroundings.ts';
import type { Inputs } from '../../inputs/inputs.ts';
import { logChecks } from '../../report/doctor.ts';
import type { Diagnosis } from '../outcome.ts';
import { clusterChecks, vaultChecks } from './azure.ts';
import { examine } from './check.ts';
import { entraChecks } from './entra.ts';
import { gather } from './evidence.ts';
import { helmChecks } from './helm.ts';
import { kubernetesChecks } from './kubernetes.ts';
import { policyCheck } from './policy.ts';

/** Mode doctor: everything that a deployment takes, all at once, with nothing written. */
export async function doctor(inputs: Inputs, clients: Clients, surroundings: Surroundings): Promise<Diagnosis> {
  const { log } = surroundings;
  const evidence = gather(inputs, clients, surroundings);
  const checks = await examine([
    ...entraChecks(evidence),
    policyCheck(evidence),
    ...clusterChecks(evidence),
    ...vaultChecks(evidence),
    ...kubernetesChecks(evidence),
    ...helmChecks(evidence),
  ]);
  logChecks(log, checks);
  const kubernetesVersion = await evidence.cluster.then((cluster) => cluster.kubernetesVersion).catch(() => '');
  return {
    kind: 'diagnosis',
    inputs,
    cloud: clients.cloud,
    cluster: { id: clusterResourceId(clients.cluster), kubernetesVersion },
    changes: [],
    checks,
  };
}
