import { type JsonObject, list, object, stringMap, strings, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { regionOf } from '../request/regions.ts';
import { type Vault, vaultModel, vaultRecord } from '../state/vault-model.ts';
import { checkedProperties, TYPE, takenName } from './schema.ts';

/** https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults */
export function answerVault(call: Call): Answer {
  const { request, state, scope, path } = call;
  const verb = { PUT: 'write', DELETE: 'delete' }[request.method] ?? 'read';
  call.authorize(`${TYPE}/${verb}`);
  call.requireResourceGroup();
  if (request.method === 'PUT') return put(call);
  const found = [...state.vaults.values()].find((vault) => vault.id.toLowerCase() === scope.toLowerCase());
  if (!found)
    throw new ArmError(
      404,
      'ResourceNotFound',
      `The Resource 'Microsoft.KeyVault/vaults/${path['name']}' under resource group '${call.resourceGroup}' was not found.`,
    );
  if (request.method === 'GET') return { status: 200, body: vaultModel(found, call) };
  if (request.method !== 'DELETE') throw methodNotAllowed(request.method);
  state.deleteVault(found.name);
  return { status: 200 };
}

export function listVaults(call: Call): Answer {
  const { request, state, scope } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(`${TYPE}/read`);
  const inScope = [...state.vaults.values()].filter(({ id }) => id.toLowerCase().startsWith(`${scope.toLowerCase()}/`));
  return { status: 200, body: { value: inScope.map((vault) => vaultModel(vault, call)) } };
}

function put(call: Call): Answer {
  const { request, state, scope, path } = call;
  call.requireProvider('Microsoft.KeyVault');
  const name = path['name'] ?? '';
  const body = bodyOf(request);
  const properties = checkedProperties(call, body, name);
  const existing = state.vaults.get(name.toLowerCase());
  if (existing && existing.id.toLowerCase() !== scope.toLowerCase())
    throw conflict('VaultAlreadyExists', takenName(name));
  const deleted = state.deletedVaults.get(name.toLowerCase());
  const recover = properties['createMode'] === 'recover';
  if (deleted && !recover)
    throw conflict(
      'ConflictError',
      'A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.',
    );
  const vault = deleted ? recoveredVault(call, deleted) : newVault(call, name, body, existing);
  state.vaults.set(name.toLowerCase(), vault);
  state.deletedVaults.delete(name.toLowerCase());
  return { status: 200, body: vaultModel(vault, call) };
}

/** A recovered vault is as it was, but without its role assignments. */
function recoveredVault({ clock, state, scope, tenantId }: Call, deleted: Vault): Vault {
  if (deleted.id.toLowerCase() !== scope.toLowerCase() || deleted.tenantId !== tenantId)
    throw conflict('VaultAlreadyExists', takenName(deleted.name));
  const { deletedAt: _, ...vault } = deleted;
  return { ...vault, readyAt: clock.now() + state.settings.vaultDuration };
}

function newVault(call: Call, name: string, body: JsonObject, existing: Vault | undefined): Vault {
  const { state, clock, subscriptionId, resourceGroup, tenantId } = call;
  const properties = object(body, 'properties');
  if (properties['createMode'] === 'recover')
    throw badRequest('BadRequest', `There is no deleted vault '${name}' to recover.`);
  const location = regionOf(text(body, 'location'), TYPE);
  if (existing && existing.location !== location)
    throw conflict(
      'InvalidResourceLocation',
      `The resource '${name}' already exists in location '${existing.location}'.`,
    );
  if (existing?.purgeProtection && properties['enablePurgeProtection'] === undefined)
    throw badRequest('BadRequest', 'Purge protection cannot be taken back.');
  const policies = list(properties, 'accessPolicies').map((policy) => [
    text(policy, 'objectId') ?? '',
    strings(policy, 'permissions', 'secrets'),
  ]);
  const rbac = properties['enableRbacAuthorization'] === true;
  const vault = vaultRecord(
    {
      subscriptionId,
      resourceGroup,
      name,
      location,
      tenantId,
      rbac,
      accessPolicies: Object.fromEntries(policies),
      purgeProtection: properties['enablePurgeProtection'] === true,
      tags: stringMap(body, 'tags'),
      properties: Object.fromEntries(Object.entries(properties).filter(([key]) => key !== 'createMode')),
    },
    clock.now() + state.settings.vaultDuration,
  );
  return existing ? { ...vault, readyAt: existing.readyAt, firewallDenies: existing.firewallDenies } : vault;
}
