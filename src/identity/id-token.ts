import { hostUnreachable } from '../http/network-cause.ts';
import type { Channel } from '../http/transport.ts';
import { ActionError } from '../lib/errors.ts';
import { fix } from '../lib/fix.ts';
import { parseJson, stringAt } from '../lib/json.ts';
import { jwtClaims } from '../lib/jwt.ts';

/** Sign-ins that start together share one assertion. Later ones request a new one, as it is valid for minutes only. */
const SHARED_FOR_MS = 10_000;

/** The token endpoint of a job that has `permissions: id-token: write`. */
export interface IdTokenEndpoint {
  readonly url: string;
  readonly requestToken: string;
}

/** The claims that Entra compares with a federated credential, and those that explain a mismatch. */
export interface IdTokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** The workflow that was started. In a reusable workflow it differs from `jobWorkflow`, which contains the job. */
  readonly workflow: string;
  readonly jobWorkflow: string;
}

export interface IdTokenSource {
  /** A GitHub ID token for the audience, at most seconds old. */
  assertion(): Promise<string>;
  /** The claims presented last, to show in an error. */
  presented(): IdTokenClaims | undefined;
}

/**
 * Requests GitHub's ID tokens for this job.
 * https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 * @param endpoint undefined if the job is not allowed to request ID tokens
 * @param mask called with each token before it is used
 * @throws ActionError from assertion: id-token-permission-missing, id-token-request-failed
 */
export function createIdTokenSource(
  endpoint: IdTokenEndpoint | undefined,
  audience: string,
  channel: Channel,
  mask: (secret: string) => void,
): IdTokenSource {
  let shared: { token: Promise<string>; until: number } | undefined;
  let claims: IdTokenClaims | undefined;

  const request = async (): Promise<string> => {
    if (!endpoint) throw idTokenPermissionMissing();
    const url = new URL(endpoint.url);
    url.searchParams.set('audience', audience);
    const response = await channel({
      method: 'GET',
      url: url.href,
      headers: { authorization: `Bearer ${endpoint.requestToken}`, accept: 'application/json; api-version=2.0' },
    }).catch((error: unknown) => {
      throw hostUnreachable(error, 'Requesting an ID token from GitHub failed') ?? error;
    });
    const token = response.status === 200 ? stringAt(parseJson(response.text), 'value') : undefined;
    if (token === undefined) {
      throw new ActionError({
        id: 'id-token-request-failed',
        what: 'GitHub gave this job no ID token',
        why: `Its token endpoint answered ${response.status}`,
        fix: fix`run the job again; if it fails again, check https://www.githubstatus.com and that the job has \`permissions: id-token: write\`.`,
      });
    }
    mask(token);
    claims = claimsOf(token);
    return token;
  };

  return {
    presented: () => claims,
    assertion() {
      if (!shared || Date.now() > shared.until) {
        shared = { token: request(), until: Date.now() + SHARED_FOR_MS };
        // The next call must not get this failure.
        shared.token.catch(() => {
          shared = undefined;
        });
      }
      return shared.token;
    },
  };
}

export function idTokenPermissionMissing(): ActionError {
  return new ActionError({
    id: 'id-token-permission-missing',
    what: 'This job is not allowed to request the GitHub ID token that it signs in to Entra with',
    why: 'GitHub sets ACTIONS_ID_TOKEN_REQUEST_URL only for jobs with `permissions: id-token: write`; a reusable workflow has it only if the calling job grants it, and a pull request from a fork never has it',
    fix: fix`add to the job (and to the job that calls it):\n  permissions:\n    id-token: write\n    contents: read`,
  });
}

function claimsOf(token: string): IdTokenClaims {
  const payload = jwtClaims(token);
  const claim = (name: string) => stringAt(payload, name) ?? '';
  return {
    issuer: claim('iss'),
    subject: claim('sub'),
    audience: claim('aud'),
    workflow: claim('workflow_ref'),
    jobWorkflow: claim('job_workflow_ref'),
  };
}
