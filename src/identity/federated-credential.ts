import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessToken, TokenCredential } from '@azure/core-auth';
import { ClientAssertionCredential } from '@azure/identity';
import type { Cloud } from '../azure/cloud.ts';
import { entraRefusal } from '../entra/refusal.ts';
import { MISMATCHES, mayPass } from '../entra/sign-in-causes.ts';
import { signInFailure } from '../entra/sign-in-failure.ts';
import { signInOptions } from '../entra/sign-in-options.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { onceForEach } from '../lib/once.ts';
import { federatedCredentialMissing } from './federated-credential-missing.ts';
import type { IdTokenSource } from './id-token.ts';

export interface DeployingIdentity {
  readonly clientId: string;
  readonly tenantId: string;
}

export interface FederationContext {
  readonly cloud: Cloud;
  readonly transport: Transport;
  /** Gets a line for the log when a sign-in is repeated. */
  readonly tell: (line: string) => void;
}

/** Pauses before each further attempt: Entra takes up to a minute to know a new federated credential everywhere. */
const PAUSES_MS = [3_000, 7_000, 15_000, 30_000];

/**
 * Signs in as the deploying identity with GitHub's ID token instead of a secret.
 * @throws ActionError from getToken: federated-credential-missing, deploying-application-not-found, tenant-not-found,
 *   aks-server-application-missing, sign-in-failed and those of the ID token
 */
export function federatedCredential(
  identity: DeployingIdentity,
  idTokens: IdTokenSource,
  { cloud, transport, tell }: FederationContext,
): TokenCredential {
  // APIs sign in in parallel, so they also wait in parallel.
  const tellOnce = onceForEach(tell);
  const ask: TokenCredential['getToken'] = async (scopes, request) => {
    // The library hides why there is no assertion or no answer. What is remembered of that belongs to this attempt alone.
    let refusal: unknown;
    const assertion = () =>
      idTokens.assertion().catch((error: unknown) => {
        refusal = error;
        throw error;
      });
    const { options, explained } = signInOptions(cloud, transport);
    const credential = new ClientAssertionCredential(identity.tenantId, identity.clientId, assertion, options);
    try {
      return await credential.getToken(scopes, request);
    } catch (error) {
      throw refusal ?? explained(error);
    }
  };
  const attempt = async (request: Parameters<typeof ask>, pauses: readonly number[]): Promise<AccessToken | null> => {
    try {
      return await ask(...request);
    } catch (error) {
      if (error instanceof ActionError) throw error;
      const [pause, ...later] = pauses;
      const { number = '' } = entraRefusal(messageOf(error));
      if (pause === undefined || !mayPass(number)) throw toActionError(error, identity, cloud, idTokens);
      tellOnce(
        `Entra answers AADSTS${number}, which may pass if the identity or its federated credential is new; trying again for a minute`,
      );
      await sleep(pause);
      return attempt(request, later);
    }
  };
  return { getToken: (...request) => attempt(request, PAUSES_MS) };
}

function toActionError(
  error: unknown,
  identity: DeployingIdentity,
  cloud: Cloud,
  idTokens: IdTokenSource,
): ActionError {
  const claims = idTokens.presented();
  const refusal = entraRefusal(messageOf(error));
  if (claims && MISMATCHES.has(refusal.number ?? ''))
    return federatedCredentialMissing(refusal, identity.clientId, claims);
  return signInFailure(error, { ...identity, cloud, by: 'GitHub ID token' });
}
