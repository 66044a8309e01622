import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { parseJson, text } from '../../lib/json.ts';
import type { Answer, Exchange } from '../../server/exchange.ts';
import { refuseSecret } from '../client-secret.ts';
import { entraError, errorAnswer, unknownApplication } from '../errors.ts';
import { errorPage } from '../pages.ts';
import { refuseAuthorization } from './authorize.ts';
import { handleWith } from './bridge.ts';
import { interact } from './interaction.ts';
import type { SignInParts } from './provider.ts';
import { toProvider } from './scope.ts';

/** People's sign-in to an application: the authorization code flow of OpenID Connect. */
export interface SignIn {
  /** GET oauth2/v2.0/authorize */
  authorize(request: Exchange, mountPath: string): Promise<Answer>;
  /** The pages and redirects that follow. */
  proceed(request: Exchange, mountPath: string): Promise<Answer>;
  /** POST oauth2/v2.0/token with a code or a refresh token. */
  redeem(request: Exchange, mountPath: string): Promise<Answer>;
}

export const SIGN_IN_GRANTS = ['authorization_code', 'refresh_token'];

export function createSignIn(parts: SignInParts): SignIn {
  const { directory, clock } = parts;
  // The provider takes a while to load, and most tests do not sign people in.
  let provider: Promise<Provider> | undefined;
  const load = () => {
    provider ??= import('./provider.ts').then(({ createProvider }) => createProvider(parts));
    return provider;
  };

  async function proceed(request: Exchange, mountPath: string): Promise<Answer> {
    const loaded = await load();
    const flow = loaded.callback();
    if (!request.url.pathname.startsWith(`${mountPath}/login/`)) return handleWith(flow, request, mountPath);
    const form = request.method === 'POST' ? new URLSearchParams(request.body.toString()) : undefined;
    let page: Answer | undefined;
    const answer = await handleWith(
      async (incoming: IncomingMessage, outgoing: ServerResponse) => {
        page = await interact(incoming, outgoing, form, { provider: loaded, directory });
        if (page) outgoing.end();
      },
      request,
      mountPath,
    );
    return page ?? answer;
  }

  async function redeem(request: Exchange, mountPath: string): Promise<Answer> {
    const form = withCredentials(request);
    const clientId = form.get('client_id') ?? '';
    const application = directory.application(clientId);
    const refused =
      application === undefined
        ? unknownApplication(clientId, directory.tenant.displayName)
        : refuseSecret(form.get('client_secret') ?? '', application, parts);
    if (refused) return errorAnswer(refused, request, clock);
    const scope = form.get('scope');
    if (scope !== null) form.set('scope', toProvider(scope));
    const { authorization: _, 'content-length': __, ...headers } = request.headers;
    const answer = await handleWith(
      (await load()).callback(),
      { ...request, headers, body: Buffer.from(form.toString()) },
      mountPath,
    );
    if (answer.status === 200) return answer;
    const reply = parseJson(String(answer.body)) ?? null;
    const why = text(reply, 'error_description') ?? '';
    return errorAnswer(
      entraError(400, text(reply, 'error') ?? '', 70000, `Provided grant is invalid or malformed: ${why}.`),
      request,
      clock,
    );
  }

  return {
    authorize: async (request, mountPath) => {
      const refused = refuseAuthorization(request.url.searchParams, directory);
      if (refused) return errorPage(refused);
      const url = new URL(request.url);
      url.searchParams.set('scope', toProvider(url.searchParams.get('scope') ?? ''));
      return proceed({ ...request, url }, mountPath);
    },
    proceed,
    redeem,
  };
}

/** Entra accepts a client secret in the form or by HTTP basic authentication. */
function withCredentials(request: Exchange): URLSearchParams {
  const form = new URLSearchParams(request.body.toString());
  const [, basic] = /^Basic (.+)$/i.exec(request.headers['authorization'] ?? '') ?? [];
  if (basic === undefined) return form;
  const [id = '', secret = ''] = Buffer.from(basic, 'base64').toString().split(':').map(decodeURIComponent);
  form.set('client_id', id);
  form.set('client_secret', secret);
  return form;
}
