import {
  type CryptoKey,
  exportJWK,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import type { JsonObject } from '../lib/json.ts';

/** An RS256 key that signs tokens, and its public key as the issuer publishes it. */
export interface SigningKey {
  readonly keyId: string;
  readonly publicKey: CryptoKey;
  /** For libraries that sign tokens themselves. */
  readonly privateJwk: JWK;
  /** The key set document. */
  readonly jwks: JsonObject;
  sign(claims: JWTPayload, header?: Readonly<Record<string, string>>): Promise<string>;
}

/** One key pair per issuer and process: generating it takes longer than everything else an emulator starts with. */
const pairs = new Map<string, Promise<GenerateKeyPairResult>>();

/** @param issuer emulators in one process share its key pair */
export async function createSigningKey(issuer: string, keyId: string): Promise<SigningKey> {
  const pair = pairs.get(issuer) ?? generateKeyPair('RS256', { extractable: true });
  pairs.set(issuer, pair);
  const { publicKey, privateKey } = await pair;
  const { n, e }: JWK = await exportJWK(publicKey);
  return {
    keyId,
    publicKey,
    privateJwk: { ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256', kid: keyId },
    jwks: { keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: keyId, x5t: keyId, n, e }] },
    sign: (claims, header = {}) =>
      new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid: keyId, ...header }).sign(privateKey),
  };
}
