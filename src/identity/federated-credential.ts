import type { TokenCredential } from '@azure/core-auth';
import { ClientAssertionCredential } from '@azure/identity';
import { AKS_SERVER_APP_ID, type Cloud } from '../azure/cloud.ts';
import { entraErrorCode } from '../entra/error-code.ts';
import { aksServerApplicationMissing } from '../entra/service-principal.ts';
import type { Transport } from '../http/transport.ts';
import { ActionError, messageOf } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import type { IdTokenClaims, IdTokenSource } from './id-token.ts';

export interface DeployingIdentity {
  readonly clientId: string;
  readonly tenantId: string;
}

/**
 * Signs in as the deploying identity with GitHub's ID token instead of a secret.
 * @throws ActionError from getToken: federated-credential-missing, deploying-application-not-found, tenant-not-found,
 *   aks-server-application-missing, sign-in-failed and those of the ID token
 */
export function federatedCredential(
  identity: DeployingIdentity,
  cloud: Cloud,
  idTokens: IdTokenSource,
  transport: Transport,
): TokenCredential {
  // The library hides why there is no assertion.
  let refusal: unknown;
  const assertion = () =>
    idTokens.assertion().catch((error: unknown) => {
      refusal = error;
      throw error;
    });
  const credential = new ClientAssertionCredential(identity.tenantId, identity.clientId, assertion, {
    authorityHost: cloud.authority,
    disableInstanceDiscovery: true,
    ...transport.clientOptions(...cloud.signInOrigins),
  });
  return {
    async getToken(scopes, options) {
      try {
        return await credential.getToken(scopes, options);
      } catch (error) {
        if (refusal instanceof ActionError) throw refusal;
        throw toSignInActionError(messageOf(error), identity, cloud, idTokens.presented());
      }
    },
  };
}

const MISMATCH = new Set(['70021', '700211', '700212', '700213', '7002138']);

function toSignInActionError(
  message: string,
  identity: DeployingIdentity,
  cloud: Cloud,
  claims: IdTokenClaims | undefined,
): ActionError {
  const code = entraErrorCode(message) ?? '';
  const why = firstLine(message);
  if (MISMATCH.has(code) && claims) return toMismatchActionError(code, identity, claims);
  if (code === '500011' && message.includes(AKS_SERVER_APP_ID)) return aksServerApplicationMissing();
  if (code === '700016') {
    return new ActionError({
      id: 'deploying-application-not-found',
      what: `There is no application ${identity.clientId} in tenant ${identity.tenantId}`,
      why,
      fix: fix`check client-id and tenant-id: az ad sp show --id ${identity.clientId} --query "{appId:appId,tenant:appOwnerOrganizationId}"`,
    });
  }
  if (code === '90002' || code === '900023') {
    return new ActionError({
      id: 'tenant-not-found',
      what: `There is no Entra tenant ${identity.tenantId}`,
      why,
      fix: fix`set tenant-id to the output of: az account show --query tenantId --output tsv`,
    });
  }
  return new ActionError({
    id: 'sign-in-failed',
    what: `Signing in to Entra as ${identity.clientId} failed`,
    why,
    fix: fix`look up the AADSTS number at ${cloud.authority}/error, correct the cause and run the job again.`,
  });
}

function toMismatchActionError(code: string, identity: DeployingIdentity, claims: IdTokenClaims): ActionError {
  const parameters = JSON.stringify({
    name: 'headlamp-aks-entra',
    issuer: claims.issuer,
    subject: claims.subject,
    audiences: [claims.audience],
  });
  return new ActionError({
    id: 'federated-credential-missing',
    what: `Application ${identity.clientId} has no federated credential for this job`,
    why: [
      `AADSTS${code}: GitHub presented`,
      `  issuer   ${claims.issuer}`,
      `  subject  ${claims.subject}`,
      `  audience ${claims.audience}`,
      ...mismatchHints(code, claims).map((hint) => `  Note: ${hint}`),
    ].join('\n'),
    fix: fix`az ad app federated-credential create --id ${identity.clientId} --parameters ${parameters}`,
  });
}

/** Common causes, which follow from how GitHub builds the subject.
 * https://docs.github.com/actions/reference/security/oidc#example-subject-claims */
function mismatchHints(code: string, claims: IdTokenClaims): string[] {
  const hints: string[] = [];
  if (code === '7002138')
    hints.push('the credential on the application differs in upper and lower case only; it must match exactly.');
  if (/:environment:/.test(claims.subject)) {
    hints.push('a job with `environment:` presents the environment, not the branch or tag.');
  }
  if (/:pull_request$/.test(claims.subject))
    hints.push('a run for a pull request presents `pull_request`, not the branch.');
  if (/^repo:[^:/]+@\d+\//.test(claims.subject)) {
    hints.push(
      'this repository presents immutable ids (ORG@ID/REPO@ID); a credential with the plain names does not match.',
    );
  } else if (code === '700213' || code === '70021') {
    hints.push(
      'the portal may have written the subject with immutable ids (ORG@ID/REPO@ID); this repository presents plain names.',
    );
  }
  if (claims.jobWorkflow !== '' && claims.jobWorkflow !== claims.workflow) {
    hints.push('in a reusable workflow, the subject is the calling repository.');
  }
  if (code === '700212') hints.push('the input `audience` sets the audience.');
  return hints;
}

/** Entra appends trace ids and timestamps on further lines. */
function firstLine(message: string): string {
  return (message.split(/\r?\n| Trace ID:/)[0] ?? message).trim();
}
