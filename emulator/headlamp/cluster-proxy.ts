import type { Answer } from '../server/exchange.ts';
import { tokenCookies, tokenOf } from './cookies.ts';
import type { HeadlampRequest, PodContext } from './request.ts';
import type { SignIn } from './sign-in.ts';

/**
 * Forwards requests below /clusters/CONTEXT/ to the API server, with the token of their sender only. As Headlamp 0.45
 * does, it refreshes a token only if it is served at the root of its host, and the request that leads to it still goes
 * with the old token: the new one is in the cookies of the answer.
 */
export function createClusterProxy(
  context: string,
  base: string,
  signIn: SignIn,
  { dispatch, apiServer }: PodContext,
): (request: HeadlampRequest, path: string) => Promise<Answer> {
  return async ({ method, query, headers, body }, path) => {
    const token = tokenOf(context, headers['cookie'] ?? '');
    const refreshed = token === undefined || base !== '' ? undefined : await signIn.refresh(token);
    const target = new URL(apiServer + path.slice(`/clusters/${context}`.length));
    target.search = query.toString();
    const response = await dispatch(target, {
      method,
      headers: {
        ...pick(headers, ['accept', 'content-type']),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body.length > 0 && { body }),
    });
    return {
      status: response.status,
      headers: pick(response.headers, ['content-type']),
      body: await response.text(),
      ...(refreshed !== undefined && { cookies: tokenCookies(context, base, refreshed) }),
    };
  };
}

function pick(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)));
}
