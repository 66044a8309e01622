import { parseJson } from './json.ts';

/** The claims of a JSON Web Token, decoded without checking: who it is for checks it, we only read what they will find. */
export function jwtClaims(token: string): unknown {
  return parseJson(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
