import { setTimeout as sleep } from 'node:timers/promises';
import { runCommand } from '@azure/arm-containerservice/api/managedClusters';
import type { TokenCredential } from '@azure/core-auth';
import { toArmActionError } from '../../azure/arm-error.ts';
import type { Cluster } from '../../azure/cluster.ts';
import type { ClusterClient } from '../../azure/cluster-client.ts';
import { describeRestError } from '../../http/transport.ts';
import { fixForWords } from '../../kubernetes/causes.ts';
import { ActionError, messageOf } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';
import type { Log } from '../../lib/log.ts';
import { causeInWords, commandCause } from './causes.ts';
import { type Files, zip } from './zip.ts';

/**
 * Runs a command inside the cluster.
 * @param repeatable whether it may run again if its outcome is unknown
 * @returns its output
 */
export type RunCommand = (command: string, files: Files, repeatable: boolean) => Promise<string>;

const POLL_MS = 1_000;
/** After this time, the outcome of a command is unknown. */
const LONGEST_MS = 600_000;

/** A pod may wait for a node to be added, or for an image; AKS itself gives up on it after 30 seconds. */
const START = { timeoutMs: 300_000, intervalMs: 10_000 };

/** How often a command with an unknown outcome is repeated. */
const ATTEMPTS = 3;

/** How long a run waits, and where it says so. */
export interface CommandPatience {
  readonly timeoutMs: number;
  readonly log: Log;
}

/**
 * AKS starts a pod in the cluster for each command, so it works even if the API server has no public address.
 * Others can read the command, its files and its output afterwards.
 * https://learn.microsoft.com/azure/aks/access-private-cluster
 * @throws ActionError run-command-disabled, run-command-failed, arm-permission-missing
 */
export function createRunCommand(
  client: ClusterClient,
  cluster: Cluster,
  credential: TokenCredential,
  { timeoutMs, log }: CommandPatience,
): RunCommand {
  if (cluster.runCommandDisabled) throw disabled(client);
  let needsToken = cluster.entra !== undefined;
  const send = async (command: string, context: string) => {
    // On a cluster with Entra integration, the command acts as the identity of this token.
    const token = needsToken ? (await credential.getToken(client.cloud.scope('kubernetes')))?.token : undefined;
    const abortSignal = AbortSignal.timeout(LONGEST_MS);
    const options = { updateIntervalInMs: POLL_MS, abortSignal };
    const request = { command, context, clusterToken: token ?? '' };
    const result = await runCommand(client.context, client.resourceGroup, client.name, request, options).catch(
      (error: unknown) => {
        throw abortSignal.aborted ? new Unfinished(error) : error;
      },
    );
    if (result.exitCode === undefined && result.reason) throw new NotRun(result.reason);
    return result;
  };
  return async (command, files, repeatable) => {
    const context = zip(files).toString('base64');
    const deadline = performance.now() + Math.min(START.timeoutMs, timeoutMs);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const result = await send(command, context);
        if (result.exitCode === 0) return result.logs ?? '';
        throw failed(client, cluster, [result.reason, result.logs].filter(Boolean).join('\n') || 'It had no output');
      } catch (error) {
        const cause = causeOf(error);
        const waits = cause === 'not started' && performance.now() < deadline;
        const again = cause === 'unknown outcome' && repeatable && attempt < ATTEMPTS;
        const gets = cause === 'needs token' && !needsToken;
        if (!waits && !again && !gets) throw explain(error, client, cluster);
        needsToken ||= gets;
        if (!waits) continue;
        log.info(`AKS could not start the pod of a command yet (${messageOf(error).split('\n')[0]}); trying again`);
        await sleep(Math.max(0, Math.min(START.intervalMs, deadline - performance.now())));
      }
    }
  };
}

/** AKS accepted the command, and says why it did not run. */
class NotRun extends Error {}

/** The command takes too long: it may still be running. */
class Unfinished extends Error {
  constructor(cause: unknown) {
    super(`It did not finish within ${LONGEST_MS / 60_000} minutes`, { cause });
  }
}

const causeOf = (error: unknown) => (error instanceof NotRun ? causeInWords(error.message) : commandCause(error));

function explain(error: unknown, client: ClusterClient, cluster: Cluster): ActionError {
  if (error instanceof Unfinished) return unfinished(client, error);
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
  return explained.failure.id === 'request-failed' ? failed(client, cluster, explained.failure.why, error) : explained;
}

function failed(client: ClusterClient, cluster: Cluster, why: string, cause?: unknown): ActionError {
  const notRun = cause !== undefined;
  // A code that is not known, or a result that did not come, says nothing about pods and nodes.
  const isSilent = !(cause instanceof NotRun) && describeRestError(cause)?.status === undefined;
  if (notRun && (isSilent || causeOf(cause) === undefined))
    return new ActionError(
      {
        id: 'run-command-failed',
        what: `AKS run-command failed on cluster ${client.name}`,
        why,
        fix: fix`look at what AKS says, and run the job again; it resumes where it stopped.`,
      },
      { cause },
    );
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `AKS run-command failed on cluster ${client.name}`,
      why: notRun ? `${why}. Node pools: ${describePools(cluster)}` : why,
      fix:
        (notRun && fixForWords(why, 'aks-command')) ||
        fix`check that commands run there: az aks command invoke --resource-group ${client.resourceGroup} --name ${client.name} --command "kubectl get nodes"; the pod needs a Linux node without taints that has 200m CPU and 500Mi memory left, and no policy that refuses it in namespace aks-command.`,
    },
    { cause },
  );
}

function unfinished({ name }: ClusterClient, cause: Unfinished): ActionError {
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `A command in cluster ${name} takes too long`,
      why: cause.message,
      fix: fix`look at what it waits for (kubectl get pods,events --namespace aks-command), and run the job again; it resumes where it stopped.`,
    },
    { cause },
  );
}

/** Where the pod of a command could run. */
function describePools({ model }: Cluster): string {
  const pools = (model.agentPoolProfiles ?? []).map(({ name, count, vmSize, osType, powerState, nodeTaints }) => {
    const state = powerState?.code === 'Stopped' ? ', stopped' : '';
    const taints = nodeTaints && nodeTaints.length > 0 ? `, taints ${nodeTaints.join(' ')}` : ', no taints';
    return `${name}: ${count ?? '?'} x ${vmSize ?? '?'} ${osType ?? ''}${state}${taints}`;
  });
  return pools.join('; ') || 'none';
}

function tooLarge({ name }: ClusterClient, why: string, cause: unknown): ActionError {
  return new ActionError(
    {
      id: 'run-command-failed',
      what: `The files of a command, such as the chart, are larger than AKS accepts for cluster ${name}`,
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
    why: 'Its apiServerAccessProfile.disableRunCommand is true, but cluster-access is command, or auto on a cluster that this runner cannot reach directly',
    fix: fix`enable it (az aks update --resource-group ${client.resourceGroup} --name ${client.name} --enable-run-command), or set cluster-access to direct and run the job on a runner in the cluster's network.`,
  });
}
