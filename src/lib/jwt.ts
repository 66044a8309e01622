import { parseJson } from './json.ts';

/** The claims of a JSON Web Token. The signature is not checked: that is up to the token's audience. */
export function jwtClaims(token: string): unknown {
  return parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
