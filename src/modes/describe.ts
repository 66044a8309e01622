import type { ClusterState } from '../azure/cluster-creation.ts';
import type { ChangeLine } from '../lib/change.ts';
import type { Log } from '../lib/log.ts';
import type { Observation } from './deploy/observe.ts';

/** What a run found, a line for each thing, for its log. */
export function describeObservation({ cluster, entra, clientSecret, kubernetes }: Observation): readonly string[] {
  const { application } = entra;
  const { release } = kubernetes;
  return [
    `Cluster           ${describeCluster(cluster)}`,
    `App registration  ${application ? `${application.displayName} (${application.appId})` : 'none yet'}`,
    `Client secret     ${describeSecret(clientSecret)}`,
    `Release           ${release ? `revision ${release.revision} ${release.status}, chart ${release.chartVersion}` : 'none yet'}`,
  ];
}

function describeCluster(state: ClusterState): string {
  if (state.kind === 'absent') return 'none yet';
  const { name, kubernetesVersion, entra, model } = state.cluster;
  if (state.kind === 'unfinished') return `${name}, not finished (${model.provisioningState})`;
  const groups = entra?.adminGroupObjectIds.length ?? 0;
  const integration = entra
    ? `Entra integration with ${groups} admin group${groups === 1 ? '' : 's'}`
    : 'no Entra integration';
  return `${name}, Kubernetes ${kubernetesVersion}, ${integration}`;
}

function describeSecret({ vault, acceptance }: Observation['clientSecret']): string {
  if (vault.kind === 'absent') return 'none yet';
  if (vault.kind === 'unreadable') return 'not to be seen yet';
  if (vault.kind !== 'present') return `${vault.kind} in the vault`;
  const verdict = acceptance === undefined ? 'not of this registration' : `${acceptance} by Entra`;
  return `in the vault, ${verdict}`;
}

/** The plan, a line for each change. */
export function logChanges(log: Log, changes: readonly ChangeLine[]): void {
  if (changes.length === 0) log.info('Nothing to change');
  for (const { resource, action, detail } of changes) log.info(`${action.padEnd(7)} ${resource.padEnd(17)} ${detail}`);
}
