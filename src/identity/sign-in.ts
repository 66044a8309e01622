import { Agent } from 'node:http';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { ManagedIdentityCredential } from '@azure/identity';
import type { Cloud } from '../azure/cloud.ts';
import { vaultTenantMismatch } from '../azure/vault-error.ts';
import { entraRefusal } from '../entra/refusal.ts';
import { signInFailure } from '../entra/sign-in-failure.ts';
import type { Environment } from '../helm/program.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { azureCliToken } from './azure-cli.ts';
import { federatedCredential } from './federated-credential.ts';
import type { IdTokenSource } from './id-token.ts';

/** How the deploying identity signs in. */
export type SignIn =
  | { readonly kind: 'oidc'; readonly clientId: string; readonly idTokens: IdTokenSource }
  /** Without a client ID: the machine's system-assigned or only identity. */
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  | { readonly kind: 'azure-cli'; readonly environment: Environment };

export interface SignInContext {
  readonly tenantId: string;
  readonly cloud: Cloud;
  readonly transport: Transport;
  /** Called with each token before anything else sees it. */
  readonly mask: (secret: string) => void;
  /** Gets a line for the log when a sign-in is repeated. */
  readonly tell: (line: string) => void;
}

/** If the machine has an identity service, it answers at once. */
const IDENTITY_SERVICE_TIMEOUT_MS = 10_000;

/** Cached tokens are used until this long before they expire. */
const RENEW_BEFORE_MS = 300_000;

/**
 * The deploying identity's tokens, each masked before anything else sees it.
 * @throws ActionError from getToken: managed-identity-unavailable, azure-cli-not-signed-in and those of
 *   federatedCredential
 */
export function createCredential(signIn: SignIn, context: SignInContext): TokenCredential {
  const { tenantId, cloud, mask } = context;
  switch (signIn.kind) {
    case 'oidc':
      return cached(federatedCredential({ ...signIn, tenantId }, signIn.idTokens, context), tenantId, mask);
    case 'managed-identity':
      return cached(explainedManagedIdentity(signIn.clientId, context), tenantId, mask);
    case 'azure-cli': {
      const getToken = (scopes: string | string[]) =>
        azureCliToken([scopes].flat()[0] ?? '', tenantId, cloud, signIn.environment);
      return cached({ getToken }, tenantId, mask);
    }
  }
}

/**
 * Gets all tokens early if the az CLI provides them. For each API, az signs in with the same assertion, which is valid
 * only for minutes. A failure here is ignored: it shows again when the token is needed.
 */
export async function signInEarly(credential: TokenCredential, cloud: Cloud): Promise<void> {
  const apis = ['resourceManager', 'graph', 'vault', 'kubernetes'] as const;
  await Promise.allSettled(apis.map((api) => credential.getToken(cloud.scope(api))));
}

/**
 * One token for each API, also for requests that start together. Ignores requests for continuous access evaluation
 * (`enableCae`): they would need separate tokens, and a run is too short to benefit.
 * @param home the tenant of the identity, in lower case
 */
function cached(credential: TokenCredential, home: string, mask: (secret: string) => void): TokenCredential {
  const entries = new Map<string, { token: Promise<AccessToken | null>; expiresOn: number }>();
  return {
    async getToken(scopes, { enableCae: _, ...options } = {}) {
      const tenant = options.tenantId?.toLowerCase() ?? home;
      // Only Key Vault names a tenant when it asks for a token: its own.
      if (tenant !== home) throw vaultTenantMismatch(tenant, home);
      const key = JSON.stringify([[scopes].flat(), options.claims]);
      const known = entries.get(key);
      if (known && known.expiresOn - Date.now() > RENEW_BEFORE_MS) return known.token;
      // While the old token is valid, failing to get a new one does not end the run.
      const token = credential.getToken(scopes, options).catch((error: unknown) => {
        if (known && known.expiresOn > Date.now()) return known.token;
        throw error;
      });
      const entry = { token, expiresOn: Number.POSITIVE_INFINITY };
      entries.set(key, entry);
      return token.then(
        (received) => {
          if (received) mask(received.token);
          entry.expiresOn = received?.expiresOnTimestamp ?? 0;
          return received;
        },
        (error: unknown) => {
          // The next call must not get this failure.
          entries.delete(key);
          throw error;
        },
      );
    },
  };
}

/**
 * The endpoint for tokens of managed identities is on the machine or link-local, so requests bypass the proxy that the
 * SDK would use.
 */
function managedIdentity(clientId: string | undefined): TokenCredential {
  const client = createDefaultHttpClient();
  const direct = new Agent({ keepAlive: true });
  return new ManagedIdentityCredential({
    ...(clientId === undefined ? {} : { clientId }),
    httpClient: {
      sendRequest(request) {
        if (request.url.startsWith('http:')) request.agent = direct;
        request.timeout = IDENTITY_SERVICE_TIMEOUT_MS;
        return client.sendRequest(request);
      },
    },
  });
}

function explainedManagedIdentity(clientId: string | undefined, { tenantId, cloud }: SignInContext): TokenCredential {
  const credential = managedIdentity(clientId);
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        const message = messageOf(error);
        if (entraRefusal(message).number === undefined) throw toManagedIdentityActionError(message);
        throw signInFailure(message, { clientId: clientId ?? 'CLIENT_ID', tenantId, cloud, by: 'managed identity' });
      }
    },
  };
}

function toManagedIdentityActionError(message: string): ActionError {
  return new ActionError({
    id: 'managed-identity-unavailable',
    what: 'This runner could not sign in with a managed identity',
    why: message,
    fix: fix`assign one to the machine (az vm identity assign --resource-group GROUP --name VM [--identities RESOURCE_ID]) and, if it is user-assigned, set client-id to its client ID; on a GitHub-hosted runner, which has no identity of yours, set auth-type to oidc.`,
  });
}
