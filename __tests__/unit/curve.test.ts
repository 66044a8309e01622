import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { GENERATOR, multiply, SMALL_ORDER, shared } from './curve.ts';

/** A scalar with the highest and lowest digits that there are, and some that need every carry. */
const EDGES = ['00'.repeat(32), 'ff'.repeat(32), `${'00'.repeat(31)}80`, 'a5'.repeat(32), `01${'00'.repeat(31)}`];

describe('Curve25519 in awk', () => {
  it('matches the test vectors of RFC 7748 section 5.2', () => {
    expect(
      multiply(
        [
          'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
          'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        ],
        [
          '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
          'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        ],
      ),
    ).toEqual([
      'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
    ]);
  });

  it('agrees with OpenSSL, also for edge cases', () => {
    const points = EDGES.slice(1).map((edge) => multiply([edge, GENERATOR])[0] ?? '');
    const random = Array.from({ length: 4 }, () => {
      const { privateKey, publicKey } = generateKeyPairSync('x25519');
      const hex = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString('hex');
      return [hex(privateKey.export({ format: 'jwk' }).d), hex(publicKey.export({ format: 'jwk' }).x)] as const;
    });
    const pairs = [
      ...EDGES.map((edge) => [edge, GENERATOR] as const),
      ...points.map((point, at) => [EDGES[at] ?? '', point] as const),
      ...random,
    ];
    expect(multiply(...pairs)).toEqual(pairs.map(([scalar, point]) => shared(scalar, point)));
  });

  it.each(SMALL_ORDER)('is refused, as by OpenSSL, for the point of small order %s', (point) => {
    const [scalar = ''] = EDGES.slice(3);
    expect(() => multiply([scalar, point])).toThrow();
    expect(() => shared(scalar, point)).toThrow();
  });

  it.each([
    ['short', 'a5'.repeat(31)],
    ['long', 'a5'.repeat(33)],
    ['no hexadecimal', 'x5'.repeat(32)],
    ['missing', ''],
  ])('is refused for a scalar or a point that is %s', (_, word) => {
    expect(() => multiply([word, GENERATOR])).toThrow();
    expect(() => multiply(['a5'.repeat(32), word])).toThrow();
  });
});
