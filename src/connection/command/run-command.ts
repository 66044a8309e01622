import { runCommand } from '@azure/arm-containerservice/api/managedClusters';
import type { TokenCredential } from '@azure/core-auth';
import { toArmActionError } from '../../azure/arm-error.ts';
import type { Cluster } from '../../azure/cluster.ts';
import type { ClusterClient } from '../../azure/cluster-client.ts';
import { describeRestError } from '../../http/transport.ts';
import { ActionError } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import { type Files, zip } from './zip.ts';

/**
 * Runs a command inside the cluster.
 * @param repeatable whether it may run again if its outcome is unknown
 * @returns its output
 */
export type RunCommand = (command: string, files: Files, repeatable: boolean) => Promise<string>;

const POLL_MS = 1_000;
const LONGEST_MS = 600_000;
const ATTEMPTS = 3;

/**
 * AKS starts a pod in the cluster for each command, so it works even if the API server has no public address.
 * Others can read the command, its files and its output afterwards.
 * https://learn.microsoft.com/azure/aks/access-private-cluster
 * @throws ActionError run-command-disabled, run-command-failed, arm-permission-missing
 */
export function createRunCommand(client: ClusterClient, cluster: Cluster, credential: TokenCredential): RunCommand {
  if (cluster.runCommandDisabled) throw disabled(client);
  return async (command, files, repeatable) => {
    // On a cluster with Entra integration, the command acts as the identity of this token.
    const signIn = async () => (await credential.getToken(client.cloud.scope('kubernetes')))?.token ?? '';
    let clusterToken = cluster.entra ? await signIn() : '';
    const context = zip(files).toString('base64');
    for (let attempt = 1; ; attempt++) {
      const request = { command, context, clusterToken };
      try {
        const options = { updateIntervalInMs: POLL_MS, abortSignal: AbortSignal.timeout(LONGEST_MS) };
        const result = await runCommand(client.context, client.resourceGroup, client.name, request, options);
        if (result.exitCode === 0) return result.logs ?? '';
        throw failed(client, [result.reason, result.logs].filter(Boolean).join('\n') || 'It had no output');
      } catch (error) {
        // Somebody has turned on Entra integration since the cluster was read; nothing ran.
        if (clusterToken === '' && describeRestError(error)?.code === 'MissingAADClusterToken') {
          clusterToken = await signIn();
          continue;
        }
        if (!repeatable || attempt === ATTEMPTS || !isOutcomeUnknown(error)) throw explain(error, client);
      }
    }
  };
}

/** No response, or a server error. */
function isOutcomeUnknown(error: unknown): boolean {
  const refusal = describeRestError(error);
  return refusal !== undefined && (refusal.status === undefined || refusal.status >= 500);
}

function explain(error: unknown, client: ClusterClient): ActionError {
  const explained = toArmActionError(error, {
    doing: `Running a command in cluster ${client.name}`,
    clientId: client.clientId,
    scope: client.id,
    // The role that allows running commands does not allow reading their results.
    role: /commandResults/i.test(describeRestError(error)?.message ?? '')
      ? 'Reader'
      : 'Azure Kubernetes Service Cluster Admin Role',
  });
  if (describeRestError(error)?.status === 413) return tooLarge(client, explained.failure.why, error);
  return explained.failure.id === 'request-failed' ? failed(client, explained.failure.why, error) : explained;
}

function failed(client: ClusterClient, why: string, cause?: unknown): ActionError {
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `AKS run-command failed on cluster ${client.name}`,
      why,
      fix: fix`check that commands run there: az aks command invoke --resource-group ${client.resourceGroup} --name ${client.name} --command "kubectl get nodes"; the pod needs a node with 200m free CPU, and no policy may refuse it in namespace aks-command.`,
    },
    { cause },
  );
}

function tooLarge({ name }: ClusterClient, why: string, cause: unknown): ActionError {
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `The files of a command, such as the chart, are larger than AKS takes for cluster ${name}`,
      why,
      fix: fix`use a smaller chart and values, or run the job on a runner that reaches the cluster, with cluster-access set to direct.`,
    },
    { cause },
  );
}

function disabled(client: ClusterClient): ActionError {
  return new ActionError({
    id: 'run-command-disabled',
    what: `AKS run-command is disabled on cluster ${client.name}`,
    why: 'Its apiServerAccessProfile.disableRunCommand is true, but cluster-access is command, or auto on a private cluster',
    fix: fix`enable it (az aks update --resource-group ${client.resourceGroup} --name ${client.name} --enable-run-command), or set cluster-access to direct and run the job on a runner in the cluster's network.`,
  });
}
