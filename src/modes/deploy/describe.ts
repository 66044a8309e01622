import type { ClusterState } from '../../azure/cluster-creation.ts';
import type { Release } from '../../helm/release-record.ts';
import { counted } from '../../lib/text.ts';
import type { Observation } from './observe.ts';

/**
 * What a run found, one log line per resource.
 * @param delivery with vault, nothing in the cluster is looked at
 */
export function describeObservation(
  { cluster, entra, clientSecret, headlamp }: Observation,
  delivery: 'helm' | 'vault',
): readonly string[] {
  const { application } = entra;
  const { release } = headlamp;
  return [
    `Cluster           ${describeCluster(cluster)}`,
    `App registration  ${application ? `${application.displayName} (${application.appId})` : 'none yet'}`,
    `Client secret     ${describeSecret(clientSecret)}`,
    ...(delivery === 'vault' ? [] : [describeRelease(release)]),
  ];
}

function describeRelease(release: Release | undefined): string {
  return `Release           ${release ? `revision ${release.revision} ${release.status}, chart ${release.chartVersion}` : 'none yet'}`;
}

function describeCluster(state: ClusterState): string {
  if (state.kind === 'unread') return 'not read, because manage-cluster is false';
  if (state.kind === 'absent') return 'none yet';
  const { name, kubernetesVersion, entra, model } = state.cluster;
  if (state.kind === 'unfinished') return `${name}, creation not finished (${model.provisioningState})`;
  const groups = entra?.adminGroupObjectIds.length ?? 0;
  const integration = entra ? `Entra integration with ${counted(groups, 'admin group')}` : 'no Entra integration';
  return `${name}, Kubernetes ${kubernetesVersion}, ${integration}`;
}

const VERDICTS = {
  accepted: 'accepted by Entra',
  refused: 'refused by Entra',
  untested: 'not tested with Entra',
} as const;

function describeSecret({ vault, acceptance }: Observation['clientSecret']): string {
  if (vault.kind === 'absent') return 'none yet';
  if (vault.kind === 'unreadable') return 'not readable yet';
  if (vault.kind !== 'present') return `${vault.kind} in the vault`;
  const verdict = acceptance === undefined ? 'of another registration' : VERDICTS[acceptance];
  return `in the vault, ${verdict}`;
}
