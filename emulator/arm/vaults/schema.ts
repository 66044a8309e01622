import { integer, type JsonObject, object, text } from '../../lib/json.ts';
import { refuseUnknown } from '../request/body.ts';
import type { Call } from '../request/call.ts';
import { badRequest } from '../request/errors.ts';

export const TYPE = 'Microsoft.KeyVault/vaults';
export const NAME = /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/i;
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

/** @throws ArmError 400 for properties that Key Vault does not accept */
export function checkedProperties({ tenantId }: Call, body: JsonObject, name: string): JsonObject {
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

export const invalidName = (name: string) =>
  `The vault name '${name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.`;

export const takenName = (name: string) =>
  `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken. If you are sure that the vault name was not taken then it is possible that a vault with the same name was recently deleted but not purged after being placed in a recoverable state.`;
