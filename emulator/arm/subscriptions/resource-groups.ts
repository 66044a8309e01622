import { type JsonObject, object, stringMap, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { regionOf } from '../request/regions.ts';
import { vaultModel } from '../state/vault-model.ts';

const TYPE = 'Microsoft.Resources/subscriptions/resourceGroups';

/** https://learn.microsoft.com/rest/api/resources/resource-groups */
export function answerResourceGroup(call: Call): Answer {
  const { request, state, scope } = call;
  call.authorize(`${TYPE}/${request.method === 'PUT' ? 'write' : 'read'}`);
  if (request.method === 'PUT') return put(call);
  const found = state.resourceGroups.get(scope.toLowerCase());
  if (request.method === 'HEAD') return { status: found ? 204 : 404 };
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.requireResourceGroup();
  return { status: 200, body: found ?? {} };
}

export function listResourceGroups(call: Call): Answer {
  const { request, state, subscriptionId } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(`${TYPE}/read`);
  return { status: 200, body: { value: within(subscriptionId, [...state.resourceGroups.values()]) } };
}

/** The resources of a type, as clients ask for those whose group they do not know. */
export function listResources(call: Call): Answer {
  const { request, state, subscriptionId } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.Resources/subscriptions/resources/read');
  const filter = request.url.searchParams.get('$filter') ?? '';
  const [, type, name] = /^resourceType eq '([^']+)'(?: and name eq '([^']+)')?$/i.exec(filter) ?? [];
  const models = {
    'microsoft.keyvault/vaults': [...state.vaults.values()].map((vault) => vaultModel(vault, call)),
    'microsoft.containerservice/managedclusters': [...state.clusters.values()].map(({ model }) => model),
  }[type?.toLowerCase() ?? ''];
  if (!models)
    throw badRequest('InvalidFilterInQueryString', `Invalid $filter '${filter}' specified in the query string.`);
  const named = models.filter(
    (model) => name === undefined || text(model, 'name')?.toLowerCase() === name.toLowerCase(),
  );
  const value = within(subscriptionId, named).map(({ properties: _, systemData: __, ...generic }) => generic);
  return { status: 200, body: { value } };
}

function put({ request, state, scope, subscriptionId, resourceGroup }: Call): Answer {
  const body = bodyOf(request);
  refuseUnknown(body, ['location', 'tags', 'managedBy', 'properties', 'id', 'name', 'type'], 'ResourceGroup');
  const location = regionOf(text(body, 'location'), 'Microsoft.Resources/resourceGroups');
  const before = state.resourceGroups.get(scope.toLowerCase());
  if (before && before['location'] !== location)
    throw conflict(
      'InvalidResourceGroupLocation',
      `Invalid resource group location '${location}'. The Resource group already exists in location '${text(before, 'location')}'.`,
    );
  const id = before ? scope : state.addResourceGroup(subscriptionId, resourceGroup, location);
  const model = { ...object(state.resourceGroups.get(id.toLowerCase())), tags: stringMap(body, 'tags') };
  state.resourceGroups.set(id.toLowerCase(), model);
  return { status: before ? 200 : 201, body: model };
}

function within(subscriptionId: string, models: readonly JsonObject[]): readonly JsonObject[] {
  const prefix = `/subscriptions/${subscriptionId}/`.toLowerCase();
  return models.filter((model) => text(model, 'id')?.toLowerCase().startsWith(prefix));
}
