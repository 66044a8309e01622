import { integer, type JsonObject, list, object, stringMap, strings, text } from '../../lib/json.ts';
import type { Answer } from '../../server/exchange.ts';
import { bodyOf, refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { ArmError, badRequest, conflict, methodNotAllowed } from '../request/errors.ts';
import { regionOf } from '../request/regions.ts';
import { deletedVaultModel, type Vault, vaultModel, vaultRecord } from '../state/vault-model.ts';

const TYPE = 'Microsoft.KeyVault/vaults';
const NAME = /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/i;
const PROPERTIES = [
  ...['tenantId', 'sku', 'accessPolicies', 'vaultUri', 'hsmPoolResourceId', 'networkAcls', 'provisioningState'],
  ...['enabledForDeployment', 'enabledForDiskEncryption', 'enabledForTemplateDeployment', 'publicNetworkAccess'],
  ...[
    'enableSoftDelete',
    'softDeleteRetentionInDays',
    'enableRbacAuthorization',
    'enablePurgeProtection',
    'createMode',
  ],
];

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

export function answerDeletedVault(call: Call): Answer {
  const { request, state, path, subscriptionId } = call;
  if (request.method !== 'GET') throw methodNotAllowed(request.method);
  call.authorize(
    path['location'] === undefined
      ? 'Microsoft.KeyVault/deletedVaults/read'
      : 'Microsoft.KeyVault/locations/deletedVaults/read',
  );
  const own = [...state.deletedVaults.values()].filter(({ id }) => id.split('/')[2] === subscriptionId);
  if (path['name'] === undefined) return { status: 200, body: { value: own.map(deletedVaultModel) } };
  const found = own.find(
    ({ name, location }) =>
      name.toLowerCase() === path['name']?.toLowerCase() && location === path['location']?.toLowerCase(),
  );
  if (found) return { status: 200, body: deletedVaultModel(found) };
  throw new ArmError(404, 'DeletedVaultNotFound', `The specified deleted vault '${path['name']}' does not exist.`);
}

export function answerNameAvailability(call: Call): Answer {
  const { request, state } = call;
  if (request.method !== 'POST') throw methodNotAllowed(request.method);
  call.authorize('Microsoft.KeyVault/checkNameAvailability/read');
  call.requireProvider('Microsoft.KeyVault');
  const body = bodyOf(request);
  refuseUnknown(body, ['name', 'type'], 'VaultCheckNameAvailabilityParameters');
  if (body['type'] !== TYPE) throw badRequest('BadRequest', `The type has to be ${TYPE}.`);
  const name = text(body, 'name') ?? '';
  if (!NAME.test(name))
    return { status: 200, body: { nameAvailable: false, reason: 'AccountNameInvalid', message: invalidName(name) } };
  const taken = state.vaults.has(name.toLowerCase()) || state.deletedVaults.has(name.toLowerCase());
  if (!taken) return { status: 200, body: { nameAvailable: true } };
  return { status: 200, body: { nameAvailable: false, reason: 'AlreadyExists', message: takenName(name) } };
}

function put(call: Call): Answer {
  const { request, state, scope, path } = call;
  call.requireProvider('Microsoft.KeyVault');
  const name = path['name'] ?? '';
  const body = bodyOf(request);
  const properties = checked(call, body, name);
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
  const vault = deleted ? recovered(call, deleted) : made(call, name, body, existing);
  state.vaults.set(name.toLowerCase(), vault);
  state.deletedVaults.delete(name.toLowerCase());
  return { status: existing ? 200 : 201, body: vaultModel(vault, call) };
}

/** It comes back where and as it was; the roles on it do not. */
function recovered({ clock, state, scope, tenantId }: Call, deleted: Vault): Vault {
  if (deleted.id.toLowerCase() !== scope.toLowerCase() || deleted.tenantId !== tenantId)
    throw conflict('VaultAlreadyExists', takenName(deleted.name));
  const { deletedAt: _, ...vault } = deleted;
  return { ...vault, readyAt: clock.now() + state.settings.vaultDuration };
}

function made(call: Call, name: string, body: JsonObject, existing: Vault | undefined): Vault {
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

/** @throws ArmError 400 for what Key Vault does not know or allow */
function checked({ tenantId }: Call, body: JsonObject, name: string): JsonObject {
  refuseUnknown(body, ['location', 'tags', 'properties', 'id', 'name', 'type'], 'VaultCreateOrUpdateParameters');
  const properties = object(body, 'properties');
  refuseUnknown(properties, PROPERTIES, 'VaultProperties');
  if (!NAME.test(name)) throw badRequest('VaultNameNotValid', invalidName(name));
  if (properties['tenantId'] !== tenantId)
    throw badRequest('BadRequest', `The tenantId '${text(properties, 'tenantId')}' is not that of the subscription.`);
  const sku = object(properties, 'sku');
  if (sku['family'] !== 'A' || !['standard', 'premium'].includes(text(sku, 'name') ?? ''))
    throw badRequest('BadRequest', 'The sku is missing or not valid.');
  const lacksAccess = properties['enableRbacAuthorization'] !== true && !Array.isArray(properties['accessPolicies']);
  if (lacksAccess && properties['createMode'] !== 'recover')
    throw badRequest('BadRequest', 'The parameter accessPolicies is not specified.');
  const days = integer(properties, 'softDeleteRetentionInDays') ?? 90;
  if (days < 7 || days > 90)
    throw badRequest('BadRequest', 'The property "softDeleteRetentionInDays" has to be between 7 and 90.');
  if (properties['enablePurgeProtection'] === false)
    throw badRequest('BadRequest', 'The property "enablePurgeProtection" cannot be set to false.');
  if (properties['enableSoftDelete'] === false)
    throw badRequest('BadRequest', 'The property "enableSoftDelete" cannot be set to false.');
  return properties;
}

const invalidName = (name: string) =>
  `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`;

const takenName = (name: string) =>
  `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`;
