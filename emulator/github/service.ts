import { randomUUID } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Answer, Exchange, Service } from '../server/exchange.ts';
import { createSigningKey, type SigningKey } from '../server/signing-key.ts';
import { claimsOf, subjectPrefixOf, type Workflow } from './workflow.ts';

export const githubIssuer = 'https://token.actions.githubusercontent.com';
const apiHost = 'api.github.com';
const runnerHost = 'pipelines.actions.githubusercontent.com';
const issuerHost = new URL(githubIssuer).hostname;
/** An ID token is valid for five minutes. */
const lifetimeSeconds = 300;

export interface Github {
  readonly service: Service;
  /** The key with which Entra verifies assertions. */
  readonly signingKey: SigningKey;
  /** The environment variables with which a runner offers ID tokens to a job. */
  environment(): Readonly<Record<string, string>>;
}

export async function createGithub({ clock, workflow }: { clock: Clock; workflow: Workflow }): Promise<Github> {
  const signingKey = await createSigningKey('github', 'cc413527-173f-5a05-976e-9c52b1d7b431');
  return {
    signingKey,
    service: {
      name: 'github',
      serves: (host) => [runnerHost, issuerHost, apiHost].includes(host),
      // Asking for a token changes nothing.
      writes: () => false,
      answer: async (request) => {
        if (request.url.hostname === apiHost) return answerApi(request, workflow);
        return request.url.hostname === runnerHost
          ? answerRunner(request, workflow, clock, signingKey)
          : answerIssuer(request, signingKey);
      },
    },
    environment: () =>
      workflow.idTokenPermission === 'none'
        ? {}
        : {
            ACTIONS_ID_TOKEN_REQUEST_URL: `https://${runnerHost}/oidc/token?api-version=2.0`,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: workflow.requestToken,
          },
  };
}

async function answerRunner(request: Exchange, workflow: Workflow, clock: Clock, key: SigningKey): Promise<Answer> {
  const query = request.url.searchParams;
  if (request.method !== 'GET' || request.url.pathname !== '/oidc/token') return { status: 404 };
  if (query.get('api-version') !== '2.0') return { status: 400, body: { message: 'No API version was specified.' } };
  const token = /^bearer (.+)$/i.exec(request.headers['authorization'] ?? '')?.[1];
  if (workflow.idTokenPermission !== 'write' || token !== workflow.requestToken)
    return { status: 401, body: { message: 'The request token is not valid.' } };
  const owner = workflow.repository.split('/')[0];
  const now = Math.floor(clock.now() / 1000);
  const value = await key.sign({
    ...claimsOf(workflow),
    jti: randomUUID(),
    iss: githubIssuer,
    aud: query.get('audience') ?? `https://github.com/${owner}`,
    iat: now,
    nbf: now,
    exp: now + lifetimeSeconds,
  });
  return { status: 200, body: { count: value.length, value } };
}

/**
 * How the subjects of the repository's ID tokens are made. Only the prefix tells whether ids are in them: the flag says
 * false for new repositories, too. https://docs.github.com/rest/actions/oidc
 */
function answerApi({ method, url }: Exchange, workflow: Workflow): Answer {
  const isKnown = url.pathname === `/repos/${workflow.repository}/actions/oidc/customization/sub`;
  if (!isKnown) return { status: 404, body: { message: 'Not Found', status: '404' } };
  if (method !== 'GET') return { status: 405 };
  const prefix = subjectPrefixOf(workflow);
  return { status: 200, body: { use_default: true, use_immutable_subject: false, sub_claim_prefix: prefix } };
}

function answerIssuer(request: Exchange, key: SigningKey): Answer {
  if (request.method !== 'GET') return { status: 405 };
  const path = request.url.pathname;
  if (path === '/.well-known/jwks') return { status: 200, body: key.jwks };
  if (path !== '/.well-known/openid-configuration') return { status: 404 };
  return {
    status: 200,
    body: {
      issuer: githubIssuer,
      jwks_uri: `${githubIssuer}/.well-known/jwks`,
      subject_types_supported: ['public', 'pairwise'],
      response_types_supported: ['id_token'],
      claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf', 'ref', 'repository', 'environment'],
      id_token_signing_alg_values_supported: ['RS256'],
      scopes_supported: ['openid'],
    },
  };
}
