import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { ActionError, messageOf } from '../../lib/errors.ts';
import { fix } from '../../lib/fix.ts';

/** Prefix of each value: text that was decrypted with a wrong key does not start with it. */
export const SEALED = 'sealed:';

/** Values that only the holder of a private key in the cluster can read. */
export interface Sealed {
  /** The public key of a pair generated for these values, in hexadecimal. */
  readonly point: string;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Agrees on a key with the cluster (X25519) and encrypts with it (AES-256-CBC, a new initialization vector for each
 * value), in the format of helm's decryptAES. The runner does not keep its private key.
 * @param clusterPoint public key of the cluster's pair, in hexadecimal
 * @throws ActionError run-command-failed if it is no public key, or one of small order
 */
export function seal(values: Readonly<Record<string, string>>, clusterPoint: string): Sealed {
  const own = generateKeyPairSync('x25519');
  const point = Buffer.from(own.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex');
  const shared = sharedSecret(own.privateKey, clusterPoint);
  // With both public keys in the hash, the key belongs to this pair of keys only (RFC 7748 section 6.1).
  const key = createHash('sha256').update(`${shared}${clusterPoint}${point}`).digest();
  const encrypt = (value: string) => {
    const vector = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', key, vector);
    return Buffer.concat([vector, cipher.update(`${SEALED}${value}`, 'utf8'), cipher.final()]).toString('base64');
  };
  return { point, values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, encrypt(value)])) };
}

/** OpenSSL refuses the shared secret of a point of small order, which is zero. */
function sharedSecret(privateKey: KeyObject, point: string): string {
  if (!/^[0-9a-f]{64}$/.test(point)) throw noPublicKey('It is not a point of Curve25519');
  const x = Buffer.from(point, 'hex').toString('base64url');
  try {
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    return diffieHellman({ privateKey, publicKey }).toString('hex');
  } catch (error) {
    throw noPublicKey(`With it, anybody could compute the key (${messageOf(error)})`);
  }
}

function noPublicKey(why: string): ActionError {
  return new ActionError({
    id: 'run-command-failed',
    what: 'The command in the cluster returned no usable public key to encrypt the client secret with',
    why,
    fix: fix`run the job again; if it fails again, run it on a runner that reaches the cluster, with cluster-access set to direct.`,
  });
}

/** The salted digest that the cluster returns instead of a value. */
export function digest(salt: string, value: string): string {
  return createHash('sha256').update(`${salt} ${value}`).digest('hex');
}
