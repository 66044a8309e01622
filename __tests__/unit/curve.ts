import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';

export const GENERATOR = `09${'00'.repeat(31)}`;

/** All points of small order: 0, 1, two of order 8, -1, and 0 and 1 plus the prime. https://cr.yp.to/ecdh.html#validate */
export const SMALL_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
];

/** The products in awk. */
export const multiply = (...pairs: readonly (readonly [string, string])[]) =>
  execFileSync('awk', ['-f', 'src/connection/command/script/curve.awk'], {
    input: pairs.map((pair) => `${pair.join(' ')}\n`).join(''),
  })
    .toString()
    .trim()
    .split('\n');

/** The product by OpenSSL. */
export function shared(scalar: string, point: string): string {
  const pkcs8 = Buffer.from(`302e020100300506032b656e04220420${scalar}`, 'hex');
  const spki = Buffer.from(`302a300506032b656e032100${point}`, 'hex');
  return diffieHellman({
    privateKey: createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: spki, format: 'der', type: 'spki' }),
  }).toString('hex');
}
