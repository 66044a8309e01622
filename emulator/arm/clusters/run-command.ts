import { randomUUID } from 'node:crypto';
import { type JsonObject, object, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, methodNotAllowed } from '../request/errors.ts';
import type { ClusterRecord } from '../state/cluster-record.ts';
import { type CommandRecord, unzip } from '../state/command-pods.ts';
import { kubeconfigForCommand } from './credentials.ts';
import { badRequest } from './errors.ts';

const FIELDS = ['command', 'context', 'clusterToken'];
/** https://learn.microsoft.com/azure/azure-resource-manager/management/azure-subscription-service-limits */
const REQUEST_LIMIT = 4 * 1024 * 1024;

/** https://learn.microsoft.com/rest/api/aks/managed-clusters/run-command */
export async function answerRunCommand(call: Call, record: ClusterRecord): Promise<Answer> {
  const { request, state, scope } = call;
  const body = bodyOf(request);
  const command = text(body, 'command');
  if (command === undefined || Object.keys(body).some((name) => !FIELDS.includes(name)))
    throw badRequest('InvalidRequestContent', 'The request content was invalid and could not be deserialized.');
  if (request.body.length > REQUEST_LIMIT)
    throw new ArmError(413, 'RequestContentTooLarge', 'The request content size exceeds the maximum size of 4 MB.');
  const properties = object(record.model, 'properties');
  if (object(properties, 'apiServerAccessProfile')['disableRunCommand'] === true)
    throw badRequest('BadRequest', 'Run command is disabled for this managed cluster.');
  const token = text(body, 'clusterToken') ?? '';
  if (object(properties, 'aadProfile')['managed'] === true && token === '')
    throw badRequest(
      'MissingAADClusterToken',
      'This cluster have Azure Active Directory enabled, .clusterToken is required.',
    );
  if (state.settings.slowCommands > 0) {
    state.settings.slowCommands -= 1;
    const id = `command-${randomUUID().replaceAll('-', '')}`;
    throw badRequest(
      'KubernetesPerformanceError',
      `Failed to run command due to cluster perf issue, container ${id} in aks-command namespace did not start within 30s on your cluster, retry may helps. If issue persist, you may need to tune your cluster with better performance (larger node/paid tier).`,
    );
  }
  const notRun = state.settings.commandsNotRun > 0;
  if (notRun) state.settings.commandsNotRun -= 1;
  const started: CommandRecord = {
    id: randomUUID().replaceAll('-', ''),
    clusterId: scope.toLowerCase(),
    command,
    files: unzip(text(body, 'context') ?? ''),
    startedAt: new Date(call.clock.now()).toISOString(),
    ...(notRun && { notRun: 'ImagePullBackoff' }),
  };
  state.commands.push(started);
  if (!notRun)
    void call.pods.run(command, started.files, await kubeconfigForCommand(record, token)).then((result) => {
      started.result = { ...result, finishedAt: new Date(call.clock.now()).toISOString() };
    });
  const host = `https://${call.directory.cloud.resourceManager}`;
  const location = `${host}${scope}/commandResults/${started.id}?api-version=${request.url.searchParams.get('api-version')}`;
  return { status: 202, headers: { location } };
}

/** 202 with a body until the command has finished. */
export function answerCommandResult(call: Call): Answer {
  const { request, state, scope, path } = call;
  const id = path['command'] ?? '';
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.ContainerService/managedClusters/commandResults/read');
  const found = state.commands.find((entry) => entry.id === id && entry.clusterId === scope.toLowerCase());
  if (found === undefined) throw new ArmError(404, 'NotFound', `Command ${id} was not found.`);
  // Without exit code and output, and yet 200.
  if (found.notRun !== undefined)
    return { status: 200, body: { id, properties: { provisioningState: 'Failed', reason: found.notRun } } };
  if (found.result === undefined) {
    const location = `https://${call.directory.cloud.resourceManager}${request.url.pathname}${request.url.search}`;
    return { status: 202, headers: { location }, body: { id, properties: { provisioningState: 'Running' } } };
  }
  const properties: JsonObject = { provisioningState: 'Succeeded', startedAt: found.startedAt, ...found.result };
  return { status: 200, body: { id, properties } };
}
