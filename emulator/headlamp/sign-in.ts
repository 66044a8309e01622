import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from 'jose';
import { type Json, text } from '../lib/json.ts';
import type { DispatchResponse } from '../server/dispatch.ts';
import type { Answer } from '../server/exchange.ts';
import { tokenCookies } from './cookies.ts';
import type { Flags } from './flags.ts';
import type { HeadlampRequest, PodContext } from './request.ts';

/** The sign-in by OpenID Connect, configured by the server's flags. */
export interface SignIn {
  /** Sends the browser to the provider. */
  start(request: HeadlampRequest): Promise<Answer>;
  /** Redeems the code that the browser brings back. */
  finish(request: HeadlampRequest): Promise<Answer>;
  /** A new token in the place of one that has expired or soon will; undefined without one. */
  refresh(token: string): Promise<string | undefined>;
}

interface Pending {
  readonly redirectUri: string;
  readonly verifier: string | undefined;
}

interface RefreshToken {
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A token that expires sooner than this is refreshed. */
const MARGIN_MS = 10_000;
/** So long, requests that still carry the old token get a new one, too. */
const OLD_TOKEN_MS = 10_000;

export function createSignIn(flags: Flags, context: string, { dispatch, now }: PodContext): SignIn {
  const issuer = flags.get('oidc-idp-issuer-url') ?? '';
  const base = flags.get('base-url') ?? '';
  // Both are only in the pod's memory: a restart loses them.
  const pending = new Map<string, Pending>();
  const refreshTokens = new Map<string, RefreshToken>();

  async function discover(): Promise<Json> {
    const response = await dispatch(`${issuer}/.well-known/openid-configuration`);
    return response.status === 200 ? response.json() : null;
  }

  async function start({ query, headers }: HeadlampRequest): Promise<Answer> {
    if (query.get('cluster') !== context) return { status: 404, body: 'cluster not found\n' };
    if (issuer === '') return { status: 400, body: 'no OIDC provider configured for the cluster\n' };
    const endpoint = text(await discover().catch(() => null), 'authorization_endpoint');
    if (endpoint === undefined) return { status: 500, body: `Failed to get provider: ${issuer}\n` };
    const redirectUri =
      flags.get('oidc-callback-url') || `http://${headers['host'] ?? 'localhost'}${base}/oidc-callback`;
    const verifier = flags.get('oidc-use-pkce') === 'true' ? randomBytes(32).toString('base64url') : undefined;
    const state = randomUUID();
    pending.set(state, { redirectUri, verifier });
    const location = new URL(endpoint);
    const parameters = {
      client_id: flags.get('oidc-client-id') ?? '',
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: ['openid', ...(flags.get('oidc-scopes') ?? 'profile,email').split(',')].join(' '),
      state,
      ...(verifier !== undefined && { code_challenge: challengeOf(verifier), code_challenge_method: 'S256' }),
    };
    for (const [name, value] of Object.entries(parameters)) location.searchParams.set(name, value);
    return { status: 302, headers: { location: location.href } };
  }

  async function finish({ query }: HeadlampRequest): Promise<Answer> {
    const started = pending.get(query.get('state') ?? '');
    if (started === undefined) return { status: 400, body: 'invalid request\n' };
    pending.delete(query.get('state') ?? '');
    const reply = await redeem({
      grant_type: 'authorization_code',
      code: query.get('code') ?? '',
      redirect_uri: started.redirectUri,
      ...(started.verifier !== undefined && { code_verifier: started.verifier }),
    });
    if (reply.status !== 200)
      return { status: 500, body: `Failed to exchange token: ${JSON.stringify(await reply.json())}\n` };
    const token = await keep(await reply.json(), undefined);
    const problem = await refuse(token);
    if (problem !== undefined) return { status: 500, body: `Failed to verify ID Token: ${problem}\n` };
    return {
      status: 303,
      headers: { location: `${base}/auth?cluster=${context}` },
      cookies: tokenCookies(context, base, token),
    };
  }

  async function redeem(form: Readonly<Record<string, string>>): Promise<DispatchResponse> {
    const client = [flags.get('oidc-client-id') ?? '', flags.get('oidc-client-secret') ?? ''];
    return dispatch(text(await discover(), 'token_endpoint') ?? '', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        authorization: `Basic ${Buffer.from(client.map(encodeURIComponent).join(':')).toString('base64')}`,
      },
      body: new URLSearchParams(form).toString(),
    });
  }

  /** Returns the token for the API server, and stores the refresh token for it. */
  async function keep(reply: Json, refreshToken: string | undefined): Promise<string> {
    const token = text(reply, flags.get('oidc-use-access-token') === 'true' ? 'access_token' : 'id_token') ?? '';
    const next = text(reply, 'refresh_token') ?? refreshToken;
    if (next !== undefined) refreshTokens.set(token, { value: next, until: Number.POSITIVE_INFINITY });
    return token;
  }

  /** Why the validator does not accept the token; undefined if it does. */
  async function refuse(token: string): Promise<string | undefined> {
    const keys: JSONWebKeySet = JSON.parse(await (await dispatch(text(await discover(), 'jwks_uri') ?? '')).text());
    try {
      await jwtVerify(token, createLocalJWKSet(keys), {
        issuer: flags.get('oidc-validator-idp-issuer-url') || issuer,
        audience: flags.get('oidc-validator-client-id') || (flags.get('oidc-client-id') ?? ''),
        currentDate: new Date(now()),
      });
      return undefined;
    } catch (error) {
      return String(error);
    }
  }

  return {
    start,
    finish,
    refresh: async (token) => {
      const refreshToken = refreshTokens.get(token);
      if (expiresAt(token) > now() + MARGIN_MS || refreshToken === undefined || refreshToken.until < now())
        return undefined;
      const reply = await redeem({ grant_type: 'refresh_token', refresh_token: refreshToken.value });
      if (reply.status !== 200) return undefined;
      refreshTokens.set(token, { ...refreshToken, until: now() + OLD_TOKEN_MS });
      return keep(await reply.json(), refreshToken.value);
    },
  };
}

function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function expiresAt(token: string): number {
  return (decodeJwt(token).exp ?? 0) * 1000;
}
