import { Agent } from 'node:http';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { createDefaultHttpClient } from '@azure/core-rest-pipeline';
import { AzureCliCredential, ManagedIdentityCredential } from '@azure/identity';
import type { Cloud } from '../azure/cloud.ts';
import { entraErrorCode } from '../entra/error-code.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { federatedCredential } from './federated-credential.ts';
import type { IdTokenSource } from './id-token.ts';

/** How the deploying identity proves who it is. */
export type SignIn =
  | { readonly kind: 'oidc'; readonly clientId: string; readonly idTokens: IdTokenSource }
  /** Without a client id: the identity that the machine itself has. */
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  | { readonly kind: 'azure-cli' };

export interface SignInContext {
  readonly tenantId: string;
  readonly cloud: Cloud;
  readonly transport: Transport;
  /** Called with each token before anybody sees it. */
  readonly mask: (secret: string) => void;
}

/** The az CLI starts Python, and asks Entra where its own cache has nothing. */
const CLI_TIMEOUT_MS = 60_000;

/** It answers in a moment where there is one. */
const IDENTITY_SERVICE_TIMEOUT_MS = 10_000;

/** A token is taken from the cache until shortly before it expires. */
const RENEW_BEFORE_MS = 300_000;

/**
 * The deploying identity's tokens, each masked before anybody sees it.
 * @throws ActionError from getToken: what the way of signing in lacks, and what mends it
 */
export function createCredential(signIn: SignIn, { tenantId, cloud, transport, mask }: SignInContext): TokenCredential {
  switch (signIn.kind) {
    case 'oidc':
      return cached(federatedCredential({ ...signIn, tenantId }, cloud, signIn.idTokens, transport), tenantId, mask);
    case 'managed-identity':
      return cached(explained(managedIdentity(signIn.clientId), toManagedIdentityActionError), tenantId, mask);
    case 'azure-cli': {
      const cli = new AzureCliCredential({ tenantId, processTimeoutInMs: CLI_TIMEOUT_MS });
      const explain = (message: string) => toCliActionError(message, tenantId, cloud);
      return cached(explained(cli, explain), tenantId, mask);
    }
  }
}

/**
 * One token for each API: requests that start together wait for it, and all take the plain kind, as clients that ask
 * for continuous access evaluation would get another one each. A run is too short for that.
 * @param home the tenant of those that name none
 */
function cached(credential: TokenCredential, home: string, mask: (secret: string) => void): TokenCredential {
  const entries = new Map<string, { token: Promise<AccessToken | null>; expiresOn: number }>();
  return {
    getToken(scopes, { enableCae: _, ...options } = {}) {
      const key = JSON.stringify([[scopes].flat(), options.tenantId ?? home, options.claims]);
      const known = entries.get(key);
      if (known && known.expiresOn - Date.now() > RENEW_BEFORE_MS) return known.token;
      const token = credential.getToken(scopes, options);
      const entry = { token, expiresOn: Number.POSITIVE_INFINITY };
      entries.set(key, entry);
      return token.then(
        (received) => {
          if (received) mask(received.token);
          entry.expiresOn = received?.expiresOnTimestamp ?? 0;
          return received;
        },
        (error: unknown) => {
          // A refusal must not answer for the next one.
          entries.delete(key);
          throw error;
        },
      );
    },
  };
}

/** The identity service is on the machine or its own link: never behind a proxy, which the SDK would ask for it, too. */
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

function explained(credential: TokenCredential, explain: (message: string) => ActionError): TokenCredential {
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        throw explain(messageOf(error));
      }
    },
  };
}

function toManagedIdentityActionError(message: string): ActionError {
  return new ActionError({
    id: 'managed-identity-unavailable',
    what: 'This runner could not sign in with a managed identity',
    why: message,
    fix: 'assign one to the machine (az vm identity assign --resource-group GROUP --name VM [--identities RESOURCE_ID]) and, if it is user-assigned, set client-id to its client id; on a GitHub-hosted runner, which has no identity of yours, set auth-type to oidc.',
  });
}

function toCliActionError(message: string, tenantId: string, cloud: Cloud): ActionError {
  const code = entraErrorCode(message);
  return new ActionError({
    id: 'azure-cli-not-signed-in',
    what: 'The az CLI on this runner gave no token',
    why: message.trim(),
    fix:
      code === undefined
        ? `sign it in with a step before this one (azure/login with environment ${cloud.name}, or az cloud set --name ${cloud.name} && az login --tenant ${tenantId}), or set auth-type to oidc.`
        : `look up the AADSTS number at ${cloud.authority}/error, and sign the az CLI in to tenant ${tenantId} of ${cloud.name}: az cloud set --name ${cloud.name} && az login --tenant ${tenantId}`,
  });
}
