import { runCommand } from '@azure/arm-containerservice/api/managedClusters';
import type { TokenCredential } from '@azure/core-auth';
import { toArmActionError } from '../../azure/arm-error.ts';
import type { Cluster } from '../../azure/cluster.ts';
import type { ClusterClient } from '../../azure/cluster-client.ts';
import { describeRestError } from '../../http/transport.ts';
import { ActionError } from '../../lib/errors.ts';
import { type Files, zip } from './zip.ts';

/**
 * Runs a command inside the cluster.
 * @param repeatable whether it may run again when nobody knows if it did
 * @returns what it printed
 */
export type RunCommand = (command: string, files: Files, repeatable: boolean) => Promise<string>;

const POLL_MS = 1_000;
const LONGEST_MS = 600_000;
const ATTEMPTS = 3;

/**
 * AKS starts a pod in the cluster for each command; so it works where the API server has no public address. Command,
 * files and output can be read by others afterwards.
 * https://learn.microsoft.com/azure/aks/access-private-cluster
 * @throws ActionError run-command-disabled, run-command-failed, arm-permission-missing
 */
export function createRunCommand(client: ClusterClient, cluster: Cluster, credential: TokenCredential): RunCommand {
  if (cluster.runCommandDisabled) throw disabled(client);
  return async (command, files, repeatable) => {
    // Where Entra signs people in, the command acts as the identity behind this token.
    const token = cluster.entra && (await credential.getToken(client.cloud.scope('kubernetes')))?.token;
    const request = { command, context: zip(files).toString('base64'), clusterToken: token ?? '' };
    for (let attempt = 1; ; attempt++) {
      try {
        const options = { updateIntervalInMs: POLL_MS, abortSignal: AbortSignal.timeout(LONGEST_MS) };
        const result = await runCommand(client.context, client.resourceGroup, client.name, request, options);
        if (result.exitCode === 0) return result.logs ?? '';
        throw failed(client, [result.reason, result.logs].filter(Boolean).join('\n') || 'It printed nothing');
      } catch (error) {
        if (!repeatable || attempt === ATTEMPTS || !isOutcomeUnknown(error)) throw explain(error, client);
      }
    }
  };
}

/** No answer, or that of a server in trouble. */
function isOutcomeUnknown(error: unknown): boolean {
  const refusal = describeRestError(error);
  return refusal !== undefined && (refusal.status === undefined || refusal.status >= 500);
}

function explain(error: unknown, client: ClusterClient): ActionError {
  const explained = toArmActionError(error, {
    doing: `Running a command in cluster ${client.name}`,
    clientId: client.clientId,
    scope: client.id,
    // The role that may run commands may not read their results.
    role: /commandResults/i.test(describeRestError(error)?.message ?? '')
      ? 'Reader'
      : 'Azure Kubernetes Service Cluster Admin Role',
  });
  return explained.failure.id === 'request-failed' ? failed(client, explained.failure.why, error) : explained;
}

function failed(client: ClusterClient, why: string, cause?: unknown): ActionError {
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `A command that AKS was to run in cluster ${client.name} failed`,
      why,
      fix: `see whether commands run there: az aks command invoke --resource-group ${client.resourceGroup} --name ${client.name} --command "kubectl get nodes"; the pod needs a node with 200m CPU free, and no policy against it in namespace aks-command.`,
    },
    { cause },
  );
}

function disabled(client: ClusterClient): ActionError {
  return new ActionError({
    id: 'run-command-disabled',
    what: `Cluster ${client.name} does not run commands for anybody`,
    why: 'Its apiServerAccessProfile.disableRunCommand is true, and cluster-access asks for commands, or the cluster is private',
    fix: `allow them (az aks update --resource-group ${client.resourceGroup} --name ${client.name} --enable-run-command), or set cluster-access to direct and run the job on a runner in the cluster's network.`,
  });
}
