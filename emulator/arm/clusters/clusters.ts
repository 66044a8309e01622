import { randomUUID } from 'node:crypto';
import { at, type Json, type JsonObject, list, object, put, same, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, methodNotAllowed } from '../request/errors.ts';
import type { ClusterRecord } from '../state/cluster-record.ts';
import { createCluster, entraProfile } from './creation.ts';
import { adminCredential, userCredential } from './credentials.ts';
import { AksError, badRequest, conflict } from './errors.ts';
import { authorizeLinked } from './linked.ts';
import { operationHeaders, startOperation } from './operations.ts';
import { answerRunCommand } from './run-command.ts';
import { checkProperties, READ_ONLY } from './schema.ts';

const PROVIDER = 'Microsoft.ContainerService/managedClusters';

/** Managed clusters. https://learn.microsoft.com/rest/api/aks/managed-clusters */
export async function answerCluster(call: Call): Promise<Answer> {
  const { request, state, scope, path } = call;
  const { name = '', action } = path;
  const verb = action === undefined ? (request.method === 'PUT' ? 'write' : 'read') : `${action}/action`;
  call.authorize(`${PROVIDER}/${verb}`);
  call.requireResourceGroup();
  const record = state.clusters.get(scope.toLowerCase());
  if (record) state.completeIfDue(record);
  if (action === undefined && request.method === 'PUT') checkConditions(call, record);
  if (action === undefined && request.method === 'PUT')
    return record ? update(call, record, name) : createCluster(call, name);
  if (!record)
    throw new ArmError(
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.ContainerService/managedClusters/${name}' under resource group '${call.resourceGroup}' was not found.`,
    );
  if (action === undefined && request.method === 'GET') return { status: 200, body: clusterView(record) };
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  refuseUnfinished(record, name);
  if (action === 'listClusterUserCredential') return userCredential(record);
  if (action === 'listClusterAdminCredential') return adminCredential(record);
  if (action === 'runCommand') return answerRunCommand(call, record);
  throw methodNotAllowed(request.method);
}

/** The node pools as resources of their own. */
export function listPools(call: Call): Answer {
  const { request, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(`${PROVIDER}/agentPools/read`);
  const record = state.clusters.get(scope.toLowerCase());
  if (!record) throw new ArmError(404, 'ResourceNotFound', `The Resource '${scope}' was not found.`);
  const value = list(record.model, 'properties', 'agentPoolProfiles').map((pool): JsonObject => {
    const { name, ...properties } = object(pool);
    const id = `${scope}/agentPools/${text(pool, 'name')}`;
    return { id, name, type: `${PROVIDER}/agentPools`, properties };
  });
  return { status: 200, body: { value } };
}

export function listClusters(call: Call): Answer {
  const { request, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(`${PROVIDER}/read`);
  const inScope = [...state.clusters].filter(([id]) => id.startsWith(`${scope.toLowerCase()}/`));
  return { status: 200, body: { value: inScope.map(([, record]) => clusterView(record)) } };
}

/** A cluster has no credentials while it is being created. @throws ArmError 409 */
function refuseUnfinished({ model }: ClusterRecord, name: string): void {
  if (text(model, 'properties', 'provisioningState') !== 'Creating') return;
  throw conflict(
    'OperationNotAllowed',
    `Operation is not allowed: Another operation (Creating) is in progress on managed cluster ${name}.`,
  );
}

function clusterView(record: ClusterRecord): JsonObject {
  return { ...record.model, eTag: record.etag };
}

/** @throws AksError 412 if the cluster is not as the caller expects it */
function checkConditions({ request }: Call, record: ClusterRecord | undefined): void {
  const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
  if (ifMatch !== undefined && ifNoneMatch !== undefined)
    throw badRequest('BadRequest', 'If-Match and If-None-Match cannot be used together.');
  if (ifMatch !== undefined && !record)
    throw new AksError(
      412,
      'PreconditionFailed',
      'Resource not found but ETag header is provided. If this is a request to create, please do not provide ETag.',
    );
  if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== record?.etag)
    throw new AksError(412, 'PreconditionFailed', `The etag ${ifMatch} does not match the current one.`);
  if (ifNoneMatch === '*' && record)
    throw new AksError(412, 'PreconditionFailed', 'The cluster exists already, and If-None-Match is *.');
}

function update(call: Call, record: ClusterRecord, name: string): Answer {
  const { request, tenantId } = call;
  const { settings } = call.state;
  if (settings.etagMismatches > 0) {
    settings.etagMismatches -= 1;
    throw new AksError(409, 'EtagMismatch', 'Operation is not allowed: Another operation is in progress', [
      { code: 'Unspecified', message: 'rpc error: code = FailedPrecondition desc = Etag mismatched' },
    ]);
  }
  const properties = object(record.model, 'properties');
  const running = text(properties, 'provisioningState');
  if (!['Succeeded', 'Failed', 'Canceled'].includes(running ?? ''))
    throw conflict(
      'OperationNotAllowed',
      `Operation is not allowed: Another operation (${running}) is in progress on managed cluster ${name}.`,
    );
  if (text(properties, 'powerState', 'code') === 'Stopped')
    throw conflict(
      'OperationNotAllowed',
      `managed cluster ${name} is in (Stopped) state; only start and delete are allowed.`,
    );
  const body = bodyOf(request);
  checkProperties(body);
  authorizeLinked(call, body);
  const result = replaced(record.model, body, tenantId);
  record.operation = startOperation(call, result);
  record.model = put(record.model, ['properties', 'provisioningState'], 'Updating');
  record.etag = randomUUID();
  return {
    status: 200,
    headers: operationHeaders(call, record),
    body: { ...put(result, ['properties', 'provisioningState'], 'Updating'), eTag: record.etag },
  };
}

/** A PUT replaces the cluster: what the body omits returns to its default. Immutable properties are refused. */
function replaced(before: JsonObject, body: JsonObject, tenantId: string): JsonObject {
  const old = object(before, 'properties');
  const requested = object(body, 'properties');
  if (body['location'] !== before['location'])
    throw badRequest('InvalidParameter', 'Changing property "location" is not allowed.');
  const readOnly = READ_ONLY.find((field) => field in requested && !same(requested[field], old[field]));
  if (readOnly !== undefined)
    throw badRequest('PropertyChangeNotAllowed', `Changing property '${readOnly}' is not allowed.`);
  for (const field of ['enableRBAC', 'dnsPrefix', 'nodeResourceGroup']) {
    if (!same(requested[field], old[field]))
      throw badRequest('PropertyChangeNotAllowed', `Changing property 'properties.${field}' is not allowed.`);
  }
  const kept = Object.fromEntries(READ_ONLY.map((field) => [field, old[field]]));
  const aadProfile = entraProfile(object(old, 'aadProfile'), requested, tenantId);
  const addresses = at(old, 'networkProfile', 'loadBalancerProfile', 'effectiveOutboundIPs');
  const properties = {
    ...put(requested, ['networkProfile', 'loadBalancerProfile', 'effectiveOutboundIPs'], addresses),
    ...kept,
    agentPoolProfiles: poolsWithState(old, requested),
    ...(aadProfile && { aadProfile }),
  };
  return {
    ...before,
    tags: body['tags'] ?? {},
    ...(body['identity'] !== undefined && { identity: before['identity'] }),
    properties,
  };
}

/** The pools of the request, with the state that only Azure sets. */
function poolsWithState(old: JsonObject, requested: JsonObject): Json {
  return list(requested, 'agentPoolProfiles').map((pool) => {
    const before = list(old, 'agentPoolProfiles').find((candidate) => text(candidate, 'name') === text(pool, 'name'));
    if (!before)
      throw badRequest(
        'BadRequest',
        'A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through managed cluster operations. For agent pool specific change, please use per agent pool operations: https://aka.ms/agent-pool-rest-api',
      );
    if (text(before, 'vmSize') !== text(pool, 'vmSize'))
      throw badRequest('PropertyChangeNotAllowed', "Changing property 'properties.vmSize' is not allowed.");
    const state = ['eTag', 'provisioningState', 'currentOrchestratorVersion', 'nodeImageVersion'].map((field) => [
      field,
      object(before)[field],
    ]);
    return { ...object(pool), ...Object.fromEntries(state.filter(([, value]) => value !== undefined)) };
  });
}
