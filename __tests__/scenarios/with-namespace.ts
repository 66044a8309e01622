import type { AdmissionRule } from '../../emulator/kubernetes/admission.ts';
import { createScenario, type Scenario, withEntra } from './scenario.ts';

/** The identity is let in, and somebody has made the namespace. */
export async function createWithNamespace(...rules: readonly AdmissionRule[]): Promise<Scenario> {
  const scenario = await createScenario();
  scenario.emulator.arm.changeCluster(scenario.clusterId, withEntra([scenario.groups.admins.id]));
  scenario.cluster.put('Namespace', { metadata: { name: 'headlamp' }, status: { phase: 'Active' } });
  scenario.cluster.admission.rules.push(...rules);
  return scenario;
}
