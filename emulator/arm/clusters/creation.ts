import { randomUUID } from 'node:crypto';
import { integer, isObject, type Json, type JsonObject, list, object, put, stringMap, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { regionOf } from '../request/regions.ts';
import { clusterModel, poolModel } from '../state/cluster-model.ts';
import type { ClusterRecord } from '../state/cluster-record.ts';
import { badRequest } from './errors.ts';
import { patchVersion } from './kubernetes-versions.ts';
import { authorizeLinked } from './linked.ts';
import { operationHeaders, startOperation } from './operations.ts';
import { checkProperties, READ_ONLY } from './schema.ts';

const TYPE = 'Microsoft.ContainerService/managedClusters';

/** Creating a cluster takes minutes; the name of its API server resolves only after that.
 * https://learn.microsoft.com/rest/api/aks/managed-clusters/create-or-update */
export async function createCluster(call: Call, name: string): Promise<Answer> {
  const { request, state, clock } = call;
  call.requireProvider('Microsoft.ContainerService');
  const body = bodyOf(request);
  checkProperties(body);
  authorizeLinked(call, body);
  refuseQuota(call, body);
  const result = newModel(call, body, name);
  const operation = startOperation(call, result);
  const isCreated = () => {
    state.completeIfDue(record);
    const pools = list(record.model, 'properties', 'agentPoolProfiles');
    return pools.some((pool) => text(pool, 'provisioningState') === 'Succeeded');
  };
  const record: ClusterRecord = await state.addModel(
    creating(result),
    () => isCreated() && clock.now() >= operation.endsAt + state.settings.clusterDnsDelay,
  );
  record.operation = operation;
  return {
    status: 201,
    headers: operationHeaders(call, record),
    body: { ...record.model, eTag: record.etag },
  };
}

/** @throws ArmError ErrCode_InsufficientVCPUQuota */
function refuseQuota({ state }: Call, body: JsonObject): void {
  const { coresLeft } = state.governance;
  const pools = list(body, 'properties', 'agentPoolProfiles');
  const cores = pools.reduce<number>(
    (sum, pool) => sum + (integer(pool, 'count') ?? 0) * Number(/_D(\d+)/.exec(text(pool, 'vmSize') ?? '')?.[1] ?? 2),
    0,
  );
  if (coresLeft === undefined || cores <= coresLeft) return;
  throw badRequest(
    'ErrCode_InsufficientVCPUQuota',
    `Insufficient regional vcpu quota left for location ${text(body, 'location')}. left regional vcpu quota ${coresLeft}, requested quota ${cores}`,
  );
}

/** @throws ArmError 400 for an invalid Entra integration */
export function entraProfile(old: JsonObject, requested: JsonObject, tenantId: string): JsonObject | undefined {
  const wanted = requested['aadProfile'];
  if (!isObject(wanted)) {
    if (old['managed'] === true) throw badRequest('BadRequest', 'Disabling managed AAD integration is not supported.');
    return undefined;
  }
  if (wanted['managed'] !== true && old['managed'] === true)
    throw badRequest('BadRequest', 'Disabling managed AAD integration is not supported.');
  if (requested['enableRBAC'] === false)
    throw badRequest('BadRequest', 'Enabling managed AAD requires Kubernetes RBAC to be enabled.');
  return {
    managed: true,
    enableAzureRBAC: false,
    adminGroupObjectIDs: null,
    ...wanted,
    tenantID: text(wanted, 'tenantID') ?? tenantId,
  };
}

function newModel({ subscriptionId, resourceGroup, tenantId }: Call, body: JsonObject, name: string): JsonObject {
  const requested = object(body, 'properties');
  const location = regionOf(text(body, 'location'), TYPE);
  checkRequired(body, requested, location);
  const version = patchVersion(text(requested, 'kubernetesVersion'), name);
  const aadProfile = entraProfile({}, requested, tenantId);
  const model = clusterModel({
    subscriptionId,
    resourceGroup,
    name,
    location,
    kubernetesVersion: version,
    dnsPrefix: text(requested, 'dnsPrefix') ?? '',
    tags: stringMap(body, 'tags'),
    // Whether it is private decides its names.
    properties: { apiServerAccessProfile: requested['apiServerAccessProfile'] },
  });
  const issuer = `https://${location}.oic.prod-aks.azure.com/${tenantId}/${randomUUID()}/`;
  const hasIssuer = object(requested, 'oidcIssuerProfile')['enabled'] === true;
  const { linuxProfile: _, ...usual } = object(model, 'properties');
  const properties = {
    ...usual,
    ...requested,
    kubernetesVersion: text(requested, 'kubernetesVersion') ?? version,
    networkProfile: { ...object(usual, 'networkProfile'), ...object(requested, 'networkProfile') },
    agentPoolProfiles: list(requested, 'agentPoolProfiles').map((pool) => poolOf(pool, version)),
    oidcIssuerProfile: { enabled: hasIssuer, ...(hasIssuer && { issuerURL: issuer }) },
    ...(aadProfile && { aadProfile }),
  };
  return { ...model, properties };
}

/** @throws ArmError 400 if a required property is missing or invalid */
function checkRequired(body: JsonObject, requested: JsonObject, location: string): void {
  const readOnly = READ_ONLY.find((field) => field in requested);
  if (readOnly !== undefined)
    throw badRequest('PropertyChangeNotAllowed', `Changing property '${readOnly}' is not allowed.`);
  const dnsPrefix = text(requested, 'dnsPrefix') ?? text(requested, 'fqdnSubdomain') ?? '';
  if (!/^[a-z0-9]([a-z0-9-]{0,52}[a-z0-9])?$/i.test(dnsPrefix))
    throw badRequest('InvalidParameter', 'The value of parameter dnsPrefix is missing or invalid.');
  const hasIdentity = text(body, 'identity', 'type') !== undefined;
  if (!hasIdentity && text(requested, 'servicePrincipalProfile', 'clientId') === undefined)
    throw badRequest('InvalidParameter', 'Required parameter servicePrincipalProfile or identity is missing.');
  const pools = list(requested, 'agentPoolProfiles');
  if (!pools.some((pool) => text(pool, 'mode') === 'System'))
    throw badRequest('InvalidParameter', 'There has to be at least one system agent pool.');
  for (const pool of pools) {
    const { count, vmSize } = { count: integer(pool, 'count') ?? 0, vmSize: text(pool, 'vmSize') };
    if (count < 1 || count > 1000)
      throw badRequest('InvalidParameter', 'The value of parameter agentPoolProfile.count is invalid.');
    if (vmSize !== undefined && vmSize !== '' && !/^Standard_[A-Z]+\d+[a-z]*(_v\d+)?$/.test(vmSize))
      throw badRequest(
        'BadRequest',
        `The VM size of ${vmSize} is not allowed in your subscription in location '${location}'. The available VM sizes are 'standard_d2s_v5,standard_d4s_v5,standard_d8s_v5'.`,
      );
  }
}

function poolOf(pool: Json, version: string): JsonObject {
  const named = Object.entries(object(pool)).filter(([, value]) => value !== '' && value !== null);
  return { ...poolModel(version), ...Object.fromEntries(named), provisioningState: 'Creating' };
}

/** Without what AKS has to make first: the kubelet's identity, and public addresses. */
function creating(model: JsonObject): JsonObject {
  const addresses = ['properties', 'networkProfile', 'loadBalancerProfile', 'effectiveOutboundIPs'];
  const bare = put(put(model, addresses, undefined), ['properties', 'identityProfile'], undefined);
  return put(bare, ['properties', 'provisioningState'], 'Creating');
}
