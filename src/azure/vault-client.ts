import type { AccessToken } from '@azure/core-auth';
import { bearerTokenAuthenticationPolicy, type PipelinePolicy } from '@azure/core-rest-pipeline';
import { SecretClient } from '@azure/keyvault-secrets';
import type { Channel, HttpResponse } from '../http/transport.ts';
import type { Cloud } from './cloud.ts';
import type { AzureSession } from './cluster-client.ts';
import { type ResourceId, resourceId } from './resource-id.ts';

/** Chosen here, so that an update of the SDK does not move it: national clouds get versions later. */
const API_VERSION = '2025-07-01';

/** Of requests without the SDK: an older version, as they need nothing of the newer ones. */
export const VAULT_QUERY = 'api-version=7.5';

/** Where a vault lists its secrets. */
export const secretsUrl = (cloud: Cloud, vaultName: string): string =>
  `${cloud.vaultUrl(vaultName)}/secrets?${VAULT_QUERY}`;

/** The Key Vault secret that holds Headlamp's client secret, and the client for it. */
export interface VaultClient {
  readonly secrets: SecretClient;
  /** For what the SDK does not do well. */
  readonly channel: Channel;
  readonly vaultName: string;
  readonly secretName: string;
  /** Address of the secret, without a version. */
  readonly secretUri: string;
  /** The vault as an Azure resource, if it is in the cluster's resource group. */
  readonly address: VaultAddress;
  /** The deploying identity, for commands in error messages. */
  readonly clientId: string;
  /** Called with each secret value before anything else sees it. */
  readonly mask: (secret: string) => void;
  /** Asks Resource Manager for the vault, if its host does not answer. */
  readonly lookUp: () => Promise<VaultPlace>;
}

/** Where the vault is, or is to be created. */
export interface VaultAddress {
  readonly subscriptionId: string;
  readonly tenantId: string;
  readonly name: string;
  /** Azure resource ID, in the cluster's resource group. */
  readonly id: ResourceId;
}

/**
 * What Resource Manager knows about a vault. not seen: it is not in the cluster's resource group, and the identity may
 * not look elsewhere. unknown: the identity may not even look there.
 */
export type VaultPlace = 'known' | 'deleted' | 'absent' | 'not seen' | 'unknown';

export interface VaultNames {
  readonly subscriptionId: string;
  readonly resourceGroup: string;
  readonly vaultName: string;
  readonly vaultSecretName: string;
}

export function createVaultClient(
  session: AzureSession & Pick<VaultClient, 'mask'>,
  names: VaultNames,
  lookUp: (address: VaultAddress) => Promise<VaultPlace>,
): VaultClient {
  const { clientId, tenantId, credential, cloud, transport, mask } = session;
  const { subscriptionId, resourceGroup, vaultName, vaultSecretName: secretName } = names;
  const url = cloud.vaultUrl(vaultName);
  const { additionalPolicies, ...options } = transport.clientOptions(url);
  const early = withToken(() => credential.getToken(cloud.scope('vault')));
  const secrets = new SecretClient(url, credential, {
    ...options,
    serviceVersion: API_VERSION,
    additionalPolicies: [{ policy: early, position: 'perRetry' }, ...additionalPolicies],
  });
  const authentication = bearerTokenAuthenticationPolicy({ credential, scopes: cloud.scope('vault') });
  const address = {
    subscriptionId,
    tenantId,
    name: vaultName,
    // Mode destroy may have no vault, and then needs no ID.
    get id() {
      const group = resourceId`/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}`;
      return resourceId`${group}/providers/Microsoft.KeyVault/vaults/${vaultName}`;
    },
  };
  return {
    secrets,
    channel: transport.channel({ authentication }),
    vaultName,
    secretName,
    secretUri: `${secrets.vaultUrl}/secrets/${secretName}`,
    address,
    clientId,
    mask,
    lookUp: () => lookUp(address),
  };
}

/** The tenant whose tokens a vault accepts, as it says when it refuses a request without one. */
export const vaultTenantIn = ({ headers }: Pick<HttpResponse, 'headers'>): string | undefined =>
  /authorization="[^"]*\/([0-9a-f-]{36})"/i.exec(headers['www-authenticate'] ?? '')?.[1]?.toLowerCase();

/**
 * The SDK first sends each vault a request without token and body, to learn which token it accepts. Only complete
 * requests can carry the token at once.
 */
function withToken(getToken: () => Promise<AccessToken | null>): PipelinePolicy {
  return {
    name: 'earlyToken',
    async sendRequest(request, next) {
      if (!request.headers.has('authorization') && (request.method === 'GET' || request.body)) {
        const token = await getToken();
        if (token) request.headers.set('authorization', `Bearer ${token.token}`);
      }
      return next(request);
    },
  };
}
